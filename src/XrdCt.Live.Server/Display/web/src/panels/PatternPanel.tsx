import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatCount, formatMicrometres, formatValue } from '../live/format';
import { type LiveModel, useLive } from '../live/model';
import type { Scan } from '../live/protocol';
import { fontStack, rem, theme } from '../theme';
import { axisLabel, binCentres, hasLogLabel, logTicks, withGaps, yRange } from './patternData';

/** The newest and the mean pattern, with the windows of the live channels. Drag to zoom in, double click to see all. */
export function PatternPanel({ model }: { readonly model: LiveModel }) {
  const scan = useLive(model, 'scan', (m) => m.scan);
  const hasPattern = useLive(model, 'pattern', (m) => m.pattern !== null);
  const [logarithmic, setLogarithmic] = useState(false);
  const stage = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLSpanElement>(null);
  const frame = useRef<HTMLSpanElement>(null);
  const voxelKey = useRef<HTMLSpanElement>(null);

  useEffect(() => {
    if (scan === null) {
      return;
    }

    return plotPatterns(model, scan, logarithmic, stage.current!, readout.current!, frame.current!, voxelKey.current!);
  }, [model, scan, logarithmic]);

  return (
    <section className="panel patterns" aria-label="Diffraction patterns">
      <header className="panel-head">
        <h2>Diffraction pattern</h2>
        <span className="key current">
          current <span ref={frame} />
        </span>
        <span className="key mean">mean of the scan</span>
        <span className="key voxel" hidden data-testid="voxel-key" ref={voxelKey} />
        <span className="readout" ref={readout} />
        <div className="switch" role="group" aria-label="Intensity scale">
          <button type="button" aria-pressed={!logarithmic} onClick={() => setLogarithmic(false)}>
            linear
          </button>
          <button type="button" aria-pressed={logarithmic} onClick={() => setLogarithmic(true)}>
            log
          </button>
        </div>
      </header>
      <div
        className="stage"
        ref={stage}
        role="img"
        aria-label="Intensity against the radial axis: newest and mean pattern"
        data-testid="pattern-plot"
      >
        {!hasPattern && <div className="empty">No pattern yet</div>}
      </div>
    </section>
  );
}

function plotPatterns(
  model: LiveModel,
  scan: Scan,
  logarithmic: boolean,
  stage: HTMLElement,
  readout: HTMLElement,
  frame: HTMLElement,
  voxelKey: HTMLElement,
): () => void {
  const em = rem();
  const centres = binCentres(scan.axis);
  const full: [number, number] = [scan.axis.lower, scan.axis.lower + scan.axis.step * scan.axis.binCount];
  const label = axisLabel(scan.axis.unit);
  let zoom: [number, number] | null = null;
  const axis = {
    stroke: theme.muted,
    font: `${0.8 * em}px ${fontStack}`,
    labelFont: `${0.87 * em}px ${fontStack}`,
    grid: { stroke: theme.grid, width: 1 },
    ticks: { stroke: theme.faint, width: 1, size: 0.3 * em },
    gap: 0.3 * em,
    labelGap: 0,
    labelSize: 1.3 * em,
  };
  const plot = new uPlot(
    {
      width: Math.max(1, stage.clientWidth),
      height: Math.max(1, stage.clientHeight),
      padding: [1.1 * em, 1.2 * em, 0, 0.3 * em],
      legend: { show: false },
      pxAlign: 0,
      cursor: { points: { size: 0.5 * em }, drag: { x: true, y: false, setScale: false } },
      scales: {
        x: { time: false, range: () => zoom ?? full },
        y: { distr: logarithmic ? 3 : 1, range: (_, low, high) => yRange(low, high, logarithmic) },
        // Counts per voxel and counts per ray are two things: the shapes are compared.
        voxel: { distr: logarithmic ? 3 : 1, range: (_, low, high) => yRange(low, high, logarithmic) },
      },
      axes: [
        { ...axis, label, size: 1.7 * em, space: 5 * em },
        {
          ...axis,
          label: 'intensity (counts)',
          size: 4.2 * em,
          space: 2.4 * em,
          // uPlot counts the ticks of a log axis from its lower end, and they come out odd.
          ...(logarithmic && {
            splits: (_, __, low, high) => logTicks(low, high),
            filter: (_, splits) => splits.map((value) => (hasLogLabel(value, splits) ? value : null)),
          }),
          values: (_, splits) => splits.map((value) => (value === null ? '' : formatValue(value))),
        },
      ],
      series: [
        {},
        { stroke: theme.sky, width: 1, spanGaps: false, points: { show: false } },
        { stroke: theme.amber, width: 1.6, spanGaps: false, points: { show: false } },
        { stroke: theme.green, width: 1.2, scale: 'voxel', spanGaps: false, points: { show: false } },
      ],
      hooks: {
        drawClear: [(u) => drawWindows(u, model, scan, em)],
        setCursor: [(u) => (readout.textContent = describe(u, label))],
        setSelect: [
          (u) => {
            if (u.select.width > 4) {
              zoom = [u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x')];
              u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
              u.setScale('x', { min: zoom[0], max: zoom[1] });
            }
          },
        ],
      },
    },
    [centres, centres.map(() => null), centres.map(() => null), centres.map(() => null)],
    stage,
  );

  const showAll = (): void => {
    zoom = null;
    plot.setScale('x', { min: full[0], max: full[1] });
  };
  plot.over.addEventListener('dblclick', showAll);

  const paint = (): void => {
    const { pattern, voxel } = model;
    voxelKey.hidden = voxel === null;
    voxelKey.textContent =
      voxel === null ? '' : `voxel (${formatMicrometres(voxel.x_um)}, ${formatMicrometres(voxel.y_um)}), own scale`;
    frame.textContent = pattern === null ? '' : `(frame ${formatCount(pattern.frameIndex)})`;
    // A pattern of another length belongs to another scan: its axis is on its way.
    if (pattern !== null && pattern.current.length === centres.length) {
      plot.setData([
        centres,
        withGaps(pattern.current, logarithmic),
        withGaps(pattern.mean, logarithmic),
        voxel?.values.length === centres.length ? withGaps(voxel.values, logarithmic) : centres.map(() => null),
      ]);
    }
  };
  paint();

  const resize = new ResizeObserver(() =>
    plot.setSize({ width: Math.max(1, stage.clientWidth), height: Math.max(1, stage.clientHeight) }),
  );
  resize.observe(stage);
  const unsubscribe = [
    model.subscribe('pattern', paint),
    model.subscribe('voxel', paint),
    model.subscribe('channel', () => plot.redraw(false)),
  ];
  return () => {
    resize.disconnect();
    unsubscribe.forEach((stop) => stop());
    plot.destroy();
    readout.textContent = '';
  };
}

/** Shades the windows of the live channels, the one on show brighter. */
function drawWindows(plot: uPlot, model: LiveModel, scan: Scan, em: number): void {
  const pen = plot.ctx;
  const { left, top, width, height } = plot.bbox;
  const scale = uPlot.pxRatio;
  pen.save();
  pen.beginPath();
  pen.rect(left, top - 1.1 * em * scale, width, height + 1.1 * em * scale);
  pen.clip();
  for (const channel of scan.channels) {
    const [from, to] = [plot.valToPos(channel.lower, 'x', true), plot.valToPos(channel.upper, 'x', true)];
    if (!Number.isFinite(from) || !Number.isFinite(to)) {
      continue;
    }

    const active = channel.name === model.channel;
    pen.fillStyle = active ? 'rgba(62, 207, 156, 0.2)' : 'rgba(147, 161, 177, 0.11)';
    pen.fillRect(from, top, to - from, height);
    pen.fillStyle = active ? theme.green : theme.muted;
    pen.font = `${active ? 600 : 400} ${0.75 * em * scale}px ${fontStack}`;
    pen.textAlign = 'center';
    pen.textBaseline = 'bottom';
    pen.fillText(channel.name, (from + to) / 2, top - 2 * scale);
  }

  pen.restore();
}

function describe(plot: uPlot, label: string): string {
  const { idx } = plot.cursor;
  if (idx === null || idx === undefined || plot.cursor.left! < 0) {
    return '';
  }

  const [name, unit] = label.split(/ \(|\)/);
  const [current, mean] = [plot.data[1][idx], plot.data[2][idx]];
  const at = `${name} ${plot.data[0][idx].toFixed(3)}${unit === '°' ? '°' : ` ${unit}`}`;
  return `${at}   current ${formatValue(current ?? NaN)}   mean ${formatValue(mean ?? NaN)}`;
}
