/**
 * Where things are. Images are drawn with row 0 at the top and column 0 at the left, never flipped; the axes say what
 * that means: x to the right, y downwards, rotation downwards.
 */

/** Uniform samples: the centre of pixel i is at `first + i · step`, its edges half a step to either side. */
export interface PixelAxis {
  readonly first: number;
  readonly step: number;
  readonly count: number;
}

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Sample coordinates of a slice, µm: the rotation axis is the centre of pixel floor(size / 2). */
export function sliceAxis(size: number, pixelSize_um: number): PixelAxis {
  return { first: -Math.floor(size / 2) * pixelSize_um, step: pixelSize_um, count: size };
}

/** Translations of a sinogram, µm: the rotation axis is the centre of translation floor(count / 2). */
export function translationAxis(count: number, step_um: number): PixelAxis {
  return { first: -Math.floor(count / 2) * step_um, step: step_um, count };
}

/** Rotations of a sinogram, degrees. */
export function rotationAxis(count: number, range_deg: number): PixelAxis {
  return { first: 0, step: range_deg / count, count };
}

/** Position of the lower edge of the first and the upper edge of the last pixel. */
export function extent(axis: PixelAxis): readonly [number, number] {
  return [axis.first - axis.step / 2, axis.first + (axis.count - 0.5) * axis.step];
}

/** Screen position of a coordinate, for pixels drawn from `start` over `length`. */
export function toScreen(axis: PixelAxis, start: number, length: number, value: number): number {
  return start + (((value - axis.first) / axis.step + 0.5) * length) / axis.count;
}

/** Coordinate at a screen position, also outside the image. */
export function fromScreen(axis: PixelAxis, start: number, length: number, screen: number): number {
  return axis.first + (((screen - start) / length) * axis.count - 0.5) * axis.step;
}

/** Pixel under a screen position; null outside. */
export function pixelAt(axis: PixelAxis, start: number, length: number, screen: number): number | null {
  const pixel = Math.floor(((screen - start) / length) * axis.count);
  return pixel >= 0 && pixel < axis.count ? pixel : null;
}

/** Coordinate of a pixel's centre. */
export function positionOf(axis: PixelAxis, pixel: number): number {
  return axis.first + pixel * axis.step;
}

/** The largest rectangle of the aspect ratio width / height within an area, centred. */
export function fitRect(area: Rect, aspect: number): Rect {
  const width = Math.max(1, Math.min(area.width, area.height * aspect));
  const height = width / aspect;
  return { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
}

/** A round length (1, 2 or 5 times a power of ten) of about a quarter of the given width, for the scale bar. */
export function scaleBarLength(width: number): number {
  const target = width / 4;
  const power = 10 ** Math.floor(Math.log10(target));
  return [5, 2, 1].map((factor) => factor * power).find((length) => length <= target * 1.0001) ?? power;
}

/** Translation at which the point (x, y) is hit at a rotation, µm: t = x cos θ − y sin θ, scikit-image's convention. */
export function translationOf(x_um: number, y_um: number, theta_deg: number): number {
  const theta = (theta_deg * Math.PI) / 180;
  return x_um * Math.cos(theta) - y_um * Math.sin(theta);
}

/** The ray of a rotation and translation: a segment of the given half length about its point nearest the axis, µm. */
export function rayOf(theta_deg: number, t_um: number, half_um: number): readonly [number, number, number, number] {
  const theta = (theta_deg * Math.PI) / 180;
  const [c, s] = [Math.cos(theta), Math.sin(theta)];
  return [t_um * c - half_um * s, -t_um * s - half_um * c, t_um * c + half_um * s, -t_um * s + half_um * c];
}
