/** Draws one map with its axes and colour bar on a 2D canvas: no WebGL, which control-room machines often lack. */
import { scaleLinear } from 'd3-scale';
import { formatValue } from '../live/format';
import { fontStack, theme } from '../theme';
import { colourPixels, cssColour, type Range } from './colour';
import { extent, fitRect, type PixelAxis, type Rect, scaleBarLength, toScreen } from './geometry';

export interface PaneImage {
  readonly values: Float32Array;
  readonly columns: PixelAxis;
  readonly rows: PixelAxis;
}

export interface PaneStyle {
  /** `equal`: a micrometre is as long down as across. `fill`: the image takes the room there is. */
  readonly aspect: 'equal' | 'fill';
  readonly xLabel: string;
  readonly yLabel: string;
  readonly yTickStep?: number;
  /** What lies below pixels without a value: hatching for "not measured", nothing for "outside the field of view". */
  readonly missing: 'hatch' | 'plain';
  readonly scaleBar: boolean;
}

/** Where an image is on the screen, CSS pixels of its canvas. */
export interface PaneLayout {
  readonly plot: Rect;
  readonly columns: PixelAxis;
  readonly rows: PixelAxis;
}

export class ImagePainter {
  private readonly context: CanvasRenderingContext2D;
  private readonly pixels = document.createElement('canvas');
  private imageData: ImageData | null = null;
  private hatching: CanvasPattern | null = null;
  private width = 0;
  private height = 0;
  private ratio = 1;
  private rem = 16;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly style: PaneStyle,
  ) {
    this.context = canvas.getContext('2d')!;
  }

  /** Tells the room there is, CSS pixels. */
  resize(width: number, height: number, ratio: number, rem: number): void {
    Object.assign(this, { width, height, ratio, rem });
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    this.hatching = null;
  }

  /** Where an image of these axes goes. */
  layout(columns: PixelAxis, rows: PixelAxis): PaneLayout {
    const [left, right, top, bottom] = [3.9, 5.7, 0.5, 3].map((margin) => margin * this.rem);
    const area = {
      x: left,
      y: top,
      width: Math.max(1, this.width - left - right),
      height: Math.max(1, this.height - top - bottom),
    };
    const aspect = (columns.count * columns.step) / (rows.count * rows.step);
    const plot = this.style.aspect === 'equal' ? fitRect(area, aspect) : area;
    return { plot: this.onDevicePixels(plot), columns, rows };
  }

  /** Draws the image in the given colours; what was there before is gone. */
  paint(image: PaneImage, lut: Uint32Array, range: Range | null): void {
    const layout = this.layout(image.columns, image.rows);
    const { context, ratio } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    this.paintMissing(layout.plot);
    if (range !== null) {
      this.paintPixels(image, layout.plot, lut, range);
    }

    this.paintFrame(layout);
    if (this.style.scaleBar && range !== null) {
      this.paintScaleBar(layout);
    }

    this.paintColourBar(layout.plot, lut, range, image.values);
  }

  /** Leaves an empty canvas. */
  clear(): void {
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  private onDevicePixels({ x, y, width, height }: Rect): Rect {
    const round = (value: number): number => Math.round(value * this.ratio) / this.ratio;
    return { x: round(x), y: round(y), width: round(width), height: round(height) };
  }

  private paintMissing({ x, y, width, height }: Rect): void {
    const { context } = this;
    context.fillStyle = theme.plot;
    context.fillRect(x, y, width, height);
    if (this.style.missing === 'hatch') {
      context.fillStyle = this.hatch();
      context.fillRect(x, y, width, height);
    }
  }

  private hatch(): CanvasPattern {
    if (this.hatching === null) {
      const size = Math.round(0.55 * this.rem);
      const tile = document.createElement('canvas');
      tile.width = tile.height = size;
      const context = tile.getContext('2d')!;
      context.fillStyle = theme.hatch;
      context.fillRect(0, 0, size, size);
      context.strokeStyle = theme.hatchLine;
      context.lineWidth = 1;
      for (const offset of [-size, 0, size]) {
        context.beginPath();
        context.moveTo(offset - 1, size + 1);
        context.lineTo(offset + size + 1, -1);
        context.stroke();
      }

      this.hatching = this.context.createPattern(tile, 'repeat')!;
    }

    return this.hatching;
  }

  private paintPixels(image: PaneImage, plot: Rect, lut: Uint32Array, range: Range): void {
    const [width, height] = [image.columns.count, image.rows.count];
    if (this.imageData === null || this.imageData.width !== width || this.imageData.height !== height) {
      this.pixels.width = width;
      this.pixels.height = height;
      this.imageData = new ImageData(width, height);
    }

    colourPixels(image.values, lut, range, new Uint32Array(this.imageData.data.buffer));
    this.pixels.getContext('2d')!.putImageData(this.imageData, 0, 0);
    // Pixels as measured: interpolating them would show detail that is not there.
    this.context.imageSmoothingEnabled = false;
    this.context.drawImage(this.pixels, plot.x, plot.y, plot.width, plot.height);
  }

  private paintFrame({ plot, columns, rows }: PaneLayout): void {
    const { context, rem } = this;
    context.strokeStyle = theme.line;
    context.lineWidth = 1;
    context.strokeRect(plot.x - 0.5, plot.y - 0.5, plot.width + 1, plot.height + 1);
    context.font = `${0.8 * rem}px ${fontStack}`;
    context.fillStyle = theme.muted;
    context.strokeStyle = theme.faint;

    context.textAlign = 'center';
    context.textBaseline = 'top';
    const bottom = plot.y + plot.height;
    for (const tick of ticks(columns, plot.width / (4.5 * rem))) {
      const x = toScreen(columns, plot.x, plot.width, tick);
      line(context, x, bottom, x, bottom + 0.3 * rem);
      context.fillText(label(tick), x, bottom + 0.45 * rem);
    }

    context.textAlign = 'right';
    context.textBaseline = 'middle';
    for (const tick of ticks(rows, plot.height / (3.2 * rem), this.style.yTickStep)) {
      const y = toScreen(rows, plot.y, plot.height, tick);
      line(context, plot.x - 0.3 * rem, y, plot.x, y);
      context.fillText(label(tick), plot.x - 0.5 * rem, y);
    }

    context.fillStyle = theme.text;
    context.textAlign = 'center';
    context.textBaseline = 'bottom';
    context.font = `${0.87 * rem}px ${fontStack}`;
    context.fillText(this.style.xLabel, plot.x + plot.width / 2, bottom + 2.75 * rem);
    context.save();
    context.translate(plot.x - 2.75 * rem, plot.y + plot.height / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(this.style.yLabel, 0, 0);
    context.restore();
  }

  private paintScaleBar({ plot, columns }: PaneLayout): void {
    const { context, rem } = this;
    const [low, high] = extent(columns);
    const length_um = scaleBarLength(high - low);
    const length = (length_um / (high - low)) * plot.width;
    const x = plot.x + 0.9 * rem;
    const y = plot.y + plot.height - 1.1 * rem;
    context.fillStyle = 'rgba(6, 9, 13, 0.62)';
    context.beginPath();
    context.roundRect(x - 0.4 * rem, y - 1.35 * rem, length + 0.8 * rem, 2 * rem, 0.3 * rem);
    context.fill();
    context.fillStyle = '#fff';
    context.fillRect(x, y, length, 0.26 * rem);
    context.font = `600 ${0.8 * rem}px ${fontStack}`;
    context.textAlign = 'center';
    context.textBaseline = 'bottom';
    context.fillText(
      length_um >= 1000 ? `${length_um / 1000} mm` : `${label(length_um)} µm`,
      x + length / 2,
      y - 0.15 * rem,
    );
  }

  private paintColourBar(plot: Rect, lut: Uint32Array, range: Range | null, values: Float32Array): void {
    if (range === null) {
      return;
    }

    const { context, rem } = this;
    const showsMissing = this.style.missing === 'hatch' && values.some(Number.isNaN);
    const x = plot.x + plot.width + 0.8 * rem;
    const width = 0.85 * rem;
    const height = plot.height - (showsMissing ? 3.1 * rem : 0);
    // One row per entry of the table, from the top down.
    for (let i = 0; i < lut.length; i++) {
      context.fillStyle = cssColour(lut[lut.length - 1 - i]);
      context.fillRect(x, plot.y + (i * height) / lut.length, width, height / lut.length + 0.6);
    }

    context.strokeStyle = theme.line;
    context.strokeRect(x - 0.5, plot.y - 0.5, width + 1, height + 1);
    context.font = `${0.8 * rem}px ${fontStack}`;
    context.fillStyle = theme.muted;
    context.strokeStyle = theme.faint;
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    const scale = scaleLinear()
      .domain([range.low, range.high])
      .range([plot.y + height, plot.y]);
    for (const tick of scale.ticks(Math.max(2, Math.min(7, height / (3 * rem))))) {
      const y = scale(tick);
      line(context, x + width, y, x + width + 0.25 * rem, y);
      context.fillText(formatValue(tick), x + width + 0.45 * rem, y);
    }

    if (showsMissing) {
      const y = plot.y + plot.height - 2.2 * rem;
      context.fillStyle = this.hatch();
      context.fillRect(x, y, width, 2.2 * rem);
      context.strokeStyle = theme.line;
      context.strokeRect(x - 0.5, y - 0.5, width + 1, 2.2 * rem + 1);
      context.fillStyle = theme.muted;
      context.fillText('not', x + width + 0.45 * rem, y + 0.6 * rem);
      context.fillText('measured', x + width + 0.45 * rem, y + 1.6 * rem);
    }
  }
}

function ticks(axis: PixelAxis, count: number, step?: number): number[] {
  const [low, high] = extent(axis);
  if (step === undefined) {
    return scaleLinear()
      .domain([low, high])
      .ticks(Math.max(2, Math.min(11, count)));
  }

  const found: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) {
    found.push(tick);
  }

  return found;
}

function label(tick: number): string {
  return String(Math.round(tick * 1e6) / 1e6).replace('-', '−');
}

function line(context: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}
