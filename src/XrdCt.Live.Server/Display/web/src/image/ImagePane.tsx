import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Hover, LiveModel, Topic } from '../live/model';
import { rem, theme } from '../theme';
import { type ColourMapName, type Contrast, makeLut, type Range, valueRange } from './colour';
import { fromScreen, pixelAt, positionOf, toScreen } from './geometry';
import { ImagePainter, type PaneImage, type PaneLayout, type PaneStyle } from './painter';
import type { Pen, PenPoint } from './zoneDrawing';

export interface ImagePaneProps {
  readonly model: LiveModel;
  /** A change of this is painted. */
  readonly topic: Topic;
  readonly title: string;
  /** What stands behind the subtitle; may change at any time. */
  readonly note?: ReactNode;
  readonly testId: string;
  readonly ariaLabel: string;
  readonly style: PaneStyle;
  readonly colourMap: ColourMapName;
  /** The newest image; null before the first. */
  readonly read: () => PaneImage | null;
  /** What stands behind the title, from the newest image. */
  readonly subtitle: () => string;
  /** What the pointer over a pixel centre means for the other panes. */
  readonly hoverAt: (x: number, y: number) => Hover;
  /** What the pointer reads there. */
  readonly describe: (x: number, y: number, value: number) => string;
  /** A line across this pane that shows what the pointer is over in another one; null for none. */
  readonly trace: (hover: Hover, image: PaneImage) => readonly (readonly [number, number])[] | null;
  /** Shown in place of an image. */
  readonly empty: ReactNode;
  /** Takes strokes of the main button, or of a finger, that begin on the image; null while the pointer only looks. */
  readonly pen?: Pen | null;
  /** Drawn over the image. */
  readonly overlay?: (layout: PaneLayout) => ReactNode;
}

/** A live map. React lays it out; pixels are drawn when the model says so. */
export function ImagePane(props: ImagePaneProps) {
  const { model, topic, style, colourMap } = props;
  const latest = useRef(props);
  latest.current = props;
  const stage = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const pointerCanvas = useRef<HTMLCanvasElement>(null);
  const readout = useRef<HTMLSpanElement>(null);
  const subtitle = useRef<HTMLSpanElement>(null);
  const repaint = useRef<() => void>(() => {});
  const contrastNow = useRef<Contrast>('percentile');
  const lutNow = useRef(makeLut(colourMap));
  const [contrast, setContrast] = useState<Contrast>('percentile');
  const [layout, setLayout] = useState<PaneLayout | null>(null);

  useLayoutEffect(() => {
    contrastNow.current = contrast;
    lutNow.current = makeLut(colourMap);
    repaint.current();
  }, [contrast, colourMap]);

  useEffect(() => {
    const painter = new ImagePainter(canvas.current!, style);
    const overlay = pointerCanvas.current!;
    const pen = overlay.getContext('2d')!;
    let range: Range | null = null;
    let shown: PaneLayout | null = null;
    let pointer: { readonly x: number; readonly y: number } | null = null;

    const paint = (): void => {
      const image = latest.current.read();
      subtitle.current!.textContent = latest.current.subtitle();
      if (image === null) {
        painter.clear();
        shown = null;
        range = null;
        setLayout(null);
        paintPointer();
        return;
      }

      if (contrastNow.current !== 'locked' || range === null) {
        const cut = contrastNow.current === 'full' ? 0 : 0.01;
        range = valueRange(image.values, cut, 1 - cut);
      }

      painter.paint(image, lutNow.current, range);
      const next = painter.layout(image.columns, image.rows);
      if (shown === null || JSON.stringify(shown) !== JSON.stringify(next)) {
        setLayout(next);
      }

      shown = next;
      paintPointer();
    };

    const paintPointer = (): void => {
      const ratio = overlay.width / Math.max(1, overlay.clientWidth);
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.clearRect(0, 0, overlay.clientWidth, overlay.clientHeight);
      const image = latest.current.read();
      if (shown === null || image === null) {
        readout.current!.textContent = '';
        return;
      }

      const { plot, columns, rows } = shown;
      const trace = model.hover === null || pointer !== null ? null : latest.current.trace(model.hover, image);
      if (trace !== null) {
        pen.save();
        pen.beginPath();
        pen.rect(plot.x, plot.y, plot.width, plot.height);
        pen.clip();
        strokeTwice(pen, () => {
          trace.forEach(([x, y], i) => {
            pen[i === 0 ? 'moveTo' : 'lineTo'](
              toScreen(columns, plot.x, plot.width, x),
              toScreen(rows, plot.y, plot.height, y),
            );
          });
        });
        pen.restore();
      }

      const column = pointer === null ? null : pixelAt(columns, plot.x, plot.width, pointer.x);
      const row = pointer === null ? null : pixelAt(rows, plot.y, plot.height, pointer.y);
      if (column === null || row === null) {
        readout.current!.textContent = '';
        return;
      }

      const [x, y] = [positionOf(columns, column), positionOf(rows, row)];
      const [sx, sy] = [toScreen(columns, plot.x, plot.width, x), toScreen(rows, plot.y, plot.height, y)];
      strokeTwice(pen, () => {
        pen.moveTo(plot.x, sy);
        pen.lineTo(plot.x + plot.width, sy);
        pen.moveTo(sx, plot.y);
        pen.lineTo(sx, plot.y + plot.height);
      });
      readout.current!.textContent = latest.current.describe(x, y, image.values[row * columns.count + column]);
    };

    const point = (event: PointerEvent): void => {
      const box = overlay.getBoundingClientRect();
      pointer = { x: event.clientX - box.left, y: event.clientY - box.top };
      const column = shown && pixelAt(shown.columns, shown.plot.x, shown.plot.width, pointer.x);
      const row = shown && pixelAt(shown.rows, shown.plot.y, shown.plot.height, pointer.y);
      model.setHover(
        shown === null || column === null || row === null
          ? null
          : latest.current.hoverAt(positionOf(shown.columns, column), positionOf(shown.rows, row)),
      );
    };

    let stroke: number | null = null;
    const pointOf = (event: PointerEvent, { plot, columns, rows }: PaneLayout): PenPoint => {
      const box = overlay.getBoundingClientRect();
      return {
        x: fromScreen(columns, plot.x, plot.width, event.clientX - box.left),
        y: fromScreen(rows, plot.y, plot.height, event.clientY - box.top),
        perPixel: (columns.step * columns.count) / plot.width,
      };
    };

    const press = (event: PointerEvent): void => {
      const pen = latest.current.pen;
      point(event);
      if (pen && shown !== null && model.hover !== null && stroke === null && event.button === 0 && event.isPrimary) {
        stroke = event.pointerId;
        overlay.setPointerCapture(stroke);
        pen.press(pointOf(event, shown));
      }
    };

    const move = (event: PointerEvent): void => {
      if (stroke === event.pointerId && shown !== null) {
        latest.current.pen?.move(pointOf(event, shown));
      }
    };

    const release = (event: PointerEvent): void => {
      if (stroke === event.pointerId && shown !== null) {
        stroke = null;
        latest.current.pen?.release(pointOf(event, shown));
      }
    };

    const cancel = (event: PointerEvent): void => {
      if (stroke === event.pointerId) {
        stroke = null;
        latest.current.pen?.cancel();
      }
    };

    const strokes = [
      ['pointerdown', press],
      ['pointermove', move],
      ['pointerup', release],
      ['pointercancel', cancel],
      ['lostpointercapture', cancel],
    ] as const;

    const leave = (): void => {
      pointer = null;
      model.setHover(null);
    };

    const resize = new ResizeObserver(() => {
      const { clientWidth, clientHeight } = stage.current!;
      painter.resize(clientWidth, clientHeight, devicePixelRatio, rem());
      overlay.width = Math.max(1, Math.round(clientWidth * devicePixelRatio));
      overlay.height = Math.max(1, Math.round(clientHeight * devicePixelRatio));
      paint();
    });

    repaint.current = paint;
    resize.observe(stage.current!);
    overlay.addEventListener('pointermove', point);
    overlay.addEventListener('pointerleave', leave);
    strokes.forEach(([name, act]) => overlay.addEventListener(name, act));
    const unsubscribe = [model.subscribe(topic, paint), model.subscribe('hover', paintPointer)];
    return () => {
      resize.disconnect();
      overlay.removeEventListener('pointermove', point);
      overlay.removeEventListener('pointerleave', leave);
      strokes.forEach(([name, act]) => overlay.removeEventListener(name, act));
      unsubscribe.forEach((stop) => stop());
    };
  }, [model, topic, style]);

  return (
    <section className={`panel pane ${topic}`} aria-label={props.title}>
      <header className="panel-head">
        <h2>{props.title}</h2>
        <span className="subtitle" ref={subtitle} />
        {props.note}
        <span className="readout" ref={readout} />
        <select
          aria-label={`Contrast of the ${props.title.toLowerCase()}`}
          value={contrast}
          onChange={(event) => setContrast(event.target.value as Contrast)}
        >
          <option value="percentile">1–99 %</option>
          <option value="full">min–max</option>
          <option value="locked">locked</option>
        </select>
      </header>
      <div className="stage" ref={stage}>
        <canvas ref={canvas} role="img" aria-label={props.ariaLabel} data-testid={props.testId} />
        {layout === null ? <div className="empty">{props.empty}</div> : props.overlay?.(layout)}
        <canvas ref={pointerCanvas} className={props.pen ? 'pointer drawing' : 'pointer'} aria-hidden="true" />
      </div>
    </section>
  );
}

/** A thin light line on a dark casing is seen on every colour. */
function strokeTwice(pen: CanvasRenderingContext2D, path: () => void): void {
  for (const [width, colour] of [
    [3, 'rgba(0, 0, 0, 0.5)'],
    [1, theme.text],
  ] as const) {
    pen.beginPath();
    path();
    pen.lineWidth = width;
    pen.strokeStyle = colour;
    pen.stroke();
  }
}
