// Package plot draws samples, densities, trajectories and curves for run folders, slides and web
// pages. Every function returns the content of a PNG, GIF or SVG file, the same bytes for the same
// input; the caller writes it. Misuse, such as an empty box, panics.
//
// Samples and densities are drawn in a [Box] of the plane with equal scales of x1 and x2. A density is
// shaded by the mass of its highest-density regions,
//
//	M(x) = P{ p(X) > p(x) },  X ~ p,
//
// so that the contour M = 0.8 encloses the smallest region with 80 % of the mass, whatever the scale
// of the density [hyndman1996]. The density is evaluated every 8 pixels, or every 4 or 2 where
// interpolation requires it.
//
// Colours are those of Okabe and Ito [okabe2008], which colour-blind readers can distinguish; colour
// maps have monotone lightness, and lines also differ in their dashes, for grey printers.
//
// Not guaranteed: M is relative to the mass inside the box, and structure finer than 2 pixels is not
// resolved. Points outside the box or not finite are not drawn; the subtitle gives their number.
package plot
