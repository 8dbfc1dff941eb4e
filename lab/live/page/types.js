// Types of the protocol (PROTOCOL.md), for the type checker alone: this module has no code.

/** @typedef {{name: string} | {name: string, points: [number, number][], labels?: number[]}} DataChoice */
/** @typedef {{model: string, set?: Record<string, string>, sampling?: Record<string, string>}} PanelChoice */
/** @typedef {{data: DataChoice, seed: number, samples?: number, models: PanelChoice[]}} Settings */

/**
 * @typedef {object} Knob
 * @property {string} key
 * @property {string} help
 * @property {'int' | 'float' | 'bool' | 'choice' | 'text'} kind
 * @property {string} default
 * @property {string} range
 * @property {number | null} min
 * @property {number | null} max
 * @property {string[] | null} choices
 * @property {string} group
 * @property {boolean} main
 * @property {boolean} telling
 * @property {string} expect
 */

/**
 * @typedef {object} ModelOption
 * @property {string} name
 * @property {string} title
 * @property {string} summary
 * @property {'paradigm' | 'hybrid' | 'baseline'} role
 * @property {'exact' | 'ODE' | 'bound' | 'none'} likelihood
 * @property {string} likelihood_note
 * @property {string} colour
 * @property {boolean} fits
 * @property {string} why_not
 * @property {string} on other data that it fits
 * @property {string[]} views
 * @property {string} unseen why it has no view
 * @property {Knob[]} knobs
 * @property {Knob[]} sampling
 */

/** @typedef {{name: string, title: string, modes: number | null, entropy: number | null, labels: string[] | null, dim: number}} DatasetOption */

/**
 * @typedef {object} Options
 * @property {'server' | 'worker'} backend
 * @property {Record<string, string>} cannot
 * @property {{models: number, points: number, samples: number, body: number}} limits
 * @property {Settings} start
 * @property {ModelOption[]} models
 * @property {DatasetOption[]} datasets
 */

/** @typedef {{w: number, h: number, values: string, max?: number}} PackedGrid */

/**
 * @typedef {object} StageData
 * @property {string} name
 * @property {string} title
 * @property {string[] | null} labels
 * @property {number} points
 * @property {number | null} entropy
 * @property {[number, number][] | null} modes
 * @property {import('./plane.js').Box} box
 * @property {import('./plane.js').Box} range
 * @property {PackedGrid | null} density
 * @property {string} truth
 * @property {number[] | null} truth_labels
 */

/**
 * @typedef {object} PanelInfo
 * @property {string} id
 * @property {string} model
 * @property {string} title
 * @property {string} colour
 * @property {'exact' | 'ODE' | 'bound' | 'none'} likelihood
 * @property {number} params
 * @property {number} steps
 * @property {number} batch
 * @property {number} nfe
 * @property {string[]} views
 * @property {string} note
 * @property {boolean} labels
 * @property {string} command
 */

/**
 * @typedef {object} Stage
 * @property {string} id
 * @property {'paused' | 'running' | 'done' | 'unwatched'} state
 * @property {number} speed
 * @property {number} serial of the last change
 * @property {Settings} settings
 * @property {StageData} data
 * @property {PanelInfo[]} panels
 * @property {string} command
 * @property {string} compare
 */

/**
 * @typedef {object} Frame
 * @property {string} panel
 * @property {number} step
 * @property {number} seconds
 * @property {number} rate
 * @property {string} points
 * @property {number[] | null} labels
 * @property {{name: string, value: number}[]} losses
 * @property {number} outside
 * @property {string} state
 * @property {string} [failed] why the model cannot sample yet
 */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {string} title
 * @property {number | null} value
 * @property {number | null} se
 * @property {number | null} oracle
 * @property {string} kind
 * @property {string} unit
 * @property {'lower' | 'higher' | ''} better
 * @property {string} help
 */

/** @typedef {{panel: string, step: number, seconds: number, rows: Row[], raced: number | null, oracle: Standard, likelihood: string}} Figures raced is the energy distance for the race */
/** @typedef {[number, number, number | null, number | null]} Mark step, seconds, energy distance, KL */
/** @typedef {{energy_distance: number | null, noise: number | null, n: number}} Standard what a perfect model gets in the race: the oracle's value, and the reach of chance, with n samples */
/** @typedef {{panel: string, points: Mark[], oracle?: Standard}} History */
/** @typedef {{panel: number, key: string, message: string}} Fault */

/** @typedef {{id: string, title: string, text: string, question?: string, answer?: string, stage: Settings | null, see: string}} Card */
/** @typedef {{id: string, title: string, text: string, answers: {name?: string, text: string, stage?: Settings | null, see?: string}[], stage: Settings | null, see: string}} Question */

export {};
