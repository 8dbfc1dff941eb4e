// Package plot draws samples, densities, paths and curves: pictures for a run directory, a slide
// or a page. Every function returns the bytes of a file, PNG or GIF, the same bytes for the
// same input; writing them is the caller's business.
//
// Samples and densities live in a Box of the plane, with the same scale in x1 and x2. A density
// is shown by the mass of its highest-density regions:
//
//	M(x) = P{ p(X) > p(x) },  X ~ p
//
// so that the line M = 0.8 encloses the smallest region that holds 80 % of the mass, whatever
// the scale of the density [hyndman1996]. The density is evaluated every 8 pixels, or every 4 or 2
// where interpolation says so; M is that of the mass inside the box, and structure finer than
// 2 pixels is not resolved. Points outside the box or not finite are not drawn, and their
// number stands in the subtitle.
//
// Colours are those of Okabe and Ito [okabe2008], which survive colour blindness; maps have
// monotone lightness, and lines differ in their dashes too, so that they survive a grey printer.
package plot
