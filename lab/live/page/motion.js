// Points that move from one snapshot to the next.

/** Moves a set of points smoothly: every row is the image of the same noise in each snapshot. */
export class Motion {
  constructor() {
    /** @type {Float32Array} x and y in turn: where the points were, go and are */
    this.from = new Float32Array();
    /** @type {Float32Array} */
    this.to = this.from;
    /** @type {Float32Array} */
    this.now = this.from;
    this.start = 0;
    this.span = 200;
    this.arrived = 0;
  }

  /**
   * Sets where the points go from where they are now.
   * @param {Float32Array} points x and y in turn
   * @param {boolean} jump whether to be there at once
   */
  aim(points, jump) {
    const t = performance.now();
    if (jump || this.now.length !== points.length) {
      this.from = this.to = points;
      this.now = points.slice();
      this.start = 0;
    } else {
      this.from = this.now.slice();
      this.to = points;
      const gap = t - this.arrived; // snapshots come in a rhythm: be there when the next is due
      this.span = Math.max(80, Math.min(0.5 * this.span + 0.5 * gap, 900));
      this.start = t;
    }
    this.arrived = t;
  }

  /** Whether points are still on their way. */
  get moving() { return this.start > 0; }

  /**
   * Moves the points to where they are at a time.
   * @param {number} t of requestAnimationFrame
   */
  move(t) {
    if (!this.start) return;
    const u = Math.min(1, Math.max(0, (t - this.start) / this.span));
    for (let i = 0; i < this.now.length; i++) this.now[i] = this.from[i] + u * (this.to[i] - this.from[i]);
    if (u === 1) this.start = 0;
  }
}
