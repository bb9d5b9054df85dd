import { useEffect, useMemo, useState } from 'react';
import { type ColourMapName, colourMapNames } from './image/colour';
import { extent, rayOf, rotationAxis, sliceAxis, translationAxis, translationOf } from './image/geometry';
import { ImagePane } from './image/ImagePane';
import type { PaneImage, PaneStyle } from './image/painter';
import { RoiOverlay } from './image/RoiOverlay';
import { ZoneOverlay } from './image/ZoneOverlay';
import { formatMicrometres, formatPercent, formatValue } from './live/format';
import { coverage } from './live/health';
import { type Hover, type LiveModel, useLive } from './live/model';
import type { Phase } from './live/protocol';
import { Banners } from './panels/Banners';
import { Header } from './panels/Header';
import { Numbers } from './panels/Numbers';
import { PatternPanel } from './panels/PatternPanel';
import { RecomputingNote } from './panels/ReconstructionControls';
import { ForbidToggle, useZonePen, useZones, ZonesProvider } from './panels/Zones';

const sliceStyle: PaneStyle = {
  aspect: 'equal',
  xLabel: 'x (µm)',
  yLabel: '← y (µm)',
  missing: 'plain',
  scaleBar: true,
};
const sinogramStyle: PaneStyle = {
  aspect: 'fill',
  xLabel: 'translation (µm)',
  yLabel: '← rotation (°)',
  yTickStep: 30,
  missing: 'hatch',
  scaleBar: false,
};

export function App({ model }: { readonly model: LiveModel }) {
  return (
    <ZonesProvider model={model}>
      <Page model={model} />
    </ZonesProvider>
  );
}

function Page({ model }: { readonly model: LiveModel }) {
  const [colourMap, setColourMap] = useState<ColourMapName>('viridis');
  const [asksForNoise, setAsksForNoise] = useState(false);
  const hasNoise = useLive(model, 'slice', (m) => m.noise !== null);
  const showsNoise = asksForNoise && hasNoise;
  const roi = useLive(model, 'roi', (m) => m.roi);
  const { desk } = useZones();
  const pen = useZonePen();
  useDocumentTitle(model);

  const slice = useMemo(
    () => ({
      read: (): PaneImage | null => {
        const map = showsNoise ? model.noise : model.slice;
        if (map === null || map.projectionCount === 0) {
          return null;
        }

        const axis = sliceAxis(map.size, map.pixelSize_um);
        return { values: map.values, columns: axis, rows: axis };
      },
      subtitle: () => {
        const map = showsNoise ? model.noise : model.slice;
        return map ? `${map.projectionCount} projections` : '';
      },
      hoverAt: (x_um: number, y_um: number): Hover => ({ kind: 'point', x_um, y_um }),
      describe: (x: number, y: number, value: number) =>
        `x ${formatMicrometres(x)}   y ${formatMicrometres(y)}   ` +
        (Number.isNaN(value) ? 'outside the field of view' : `${showsNoise ? 'σ ' : ''}${formatValue(value)}`),
      trace: (hover: Hover, image: PaneImage) => {
        if (hover.kind !== 'ray') {
          return null;
        }

        const [low, high] = extent(image.columns);
        const [x1, y1, x2, y2] = rayOf(hover.theta_deg, hover.t_um, high - low);
        return [
          [x1, y1],
          [x2, y2],
        ] as const;
      },
    }),
    [model, showsNoise],
  );

  const sinogram = useMemo(
    () => ({
      read: (): PaneImage | null => {
        const [map, plan] = [model.sinogram, model.scan?.plan];
        if (map === null || plan === undefined) {
          return null;
        }

        return {
          values: map.values,
          columns: translationAxis(map.translationCount, plan.step_um),
          rows: rotationAxis(map.rotationCount, plan.range_deg),
        };
      },
      subtitle: () => (model.sinogram ? `${model.sinogram.rotationCount} × ${model.sinogram.translationCount}` : ''),
      hoverAt: (t_um: number, theta_deg: number): Hover => ({ kind: 'ray', theta_deg, t_um }),
      describe: (t: number, theta: number, value: number) =>
        `${theta.toFixed(1)}°   ${formatMicrometres(t)}   ${Number.isNaN(value) ? 'not measured' : formatValue(value)}`,
      trace: (hover: Hover, image: PaneImage) =>
        hover.kind !== 'point'
          ? null
          : Array.from({ length: image.rows.count }, (_, i) => {
              const theta_deg = image.rows.first + i * image.rows.step;
              return [translationOf(hover.x_um, hover.y_um, theta_deg), theta_deg] as const;
            }),
    }),
    [model],
  );

  return (
    <>
      <Header model={model} />
      <Banners model={model} />
      <main>
        <div className="toolbar">
          <ChannelTabs model={model} />
          {hasNoise && (
            <label title="Standard deviation of every pixel by counting statistics: how far the slice can be trusted there">
              <input
                type="checkbox"
                data-testid="noise-toggle"
                checked={asksForNoise}
                onChange={(event) => setAsksForNoise(event.target.checked)}
              />{' '}
              noise
            </label>
          )}
          <label>
            colours
            <select value={colourMap} onChange={(event) => setColourMap(event.target.value as ColourMapName)}>
              {colourMapNames.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        </div>
        <ImagePane
          {...sinogram}
          model={model}
          topic="sinogram"
          title="Sinogram"
          testId="sinogram-canvas"
          ariaLabel="Sinogram of the live channel, rotation downwards, translation to the right"
          style={sinogramStyle}
          colourMap={colourMap}
          empty={<Empty model={model} running="The first line is being measured…" />}
        />
        <ImagePane
          {...slice}
          key={showsNoise ? 'noise' : 'slice'}
          model={model}
          topic="slice"
          title={showsNoise ? 'Noise (σ, counts)' : 'Reconstruction'}
          note={
            <>
              <ForbidToggle />
              <RecomputingNote model={model} />
            </>
          }
          testId="slice-canvas"
          ariaLabel={
            showsNoise
              ? 'Noise of the reconstructed slice, standard deviation in counts, x to the right, y downwards'
              : 'Reconstructed slice of the live channel, x to the right, y downwards'
          }
          style={sliceStyle}
          colourMap={colourMap}
          empty={<Empty model={model} running="Waiting for the first whole projection…" />}
          pen={pen}
          overlay={(layout) => (
            <>
              <ZoneOverlay desk={desk} mayRemove={pen !== null} layout={layout} />
              <RoiOverlay roi={roi} layout={layout} />
            </>
          )}
        />
        <PatternPanel model={model} />
        <Numbers model={model} />
      </main>
    </>
  );
}

function ChannelTabs({ model }: { readonly model: LiveModel }) {
  const scan = useLive(model, 'scan', (m) => m.scan);
  const channel = useLive(model, 'channel', (m) => m.channel);
  const channels = scan?.channels ?? [];
  return (
    <div
      className="tabs"
      role="radiogroup"
      aria-label="Live channel"
      onKeyDown={(event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        const at = channels.findIndex((c) => c.name === channel);
        if (step !== undefined && at >= 0) {
          event.preventDefault();
          const next = (at + step + channels.length) % channels.length;
          model.selectChannel(channels[next].name);
          event.currentTarget.querySelectorAll('button')[next].focus();
        }
      }}
    >
      {channels.map(({ name, lower, upper }) => (
        <button
          key={name}
          type="button"
          role="radio"
          aria-checked={name === channel}
          tabIndex={name === channel ? 0 : -1}
          data-testid={`channel-${name}`}
          onClick={() => model.selectChannel(name)}
        >
          {name}
          {Number.isFinite(lower) && Number.isFinite(upper) && (
            <small>
              {formatValue(lower)}–{formatValue(upper)}
            </small>
          )}
        </button>
      ))}
    </div>
  );
}

function Empty({ model, running }: { readonly model: LiveModel; readonly running: string }) {
  const phase: Phase = useLive(model, 'state', (m) => m.state?.phase ?? 'Waiting');
  const text =
    phase === 'Waiting' ? 'Waiting for the detector…' : phase === 'Running' ? running : 'Nothing was measured';
  return (
    <>
      <svg
        className={phase === 'Waiting' || phase === 'Running' ? 'rings live' : 'rings'}
        viewBox="0 0 64 64"
        aria-hidden="true"
      >
        <circle cx="32" cy="32" r="28" />
        <circle cx="32" cy="32" r="19" />
        <circle cx="32" cy="32" r="10" />
      </svg>
      {text}
    </>
  );
}

function useDocumentTitle(model: LiveModel): void {
  useEffect(() => {
    const update = (): void => {
      const name = model.scan?.title || 'XrdCt.Live';
      document.title =
        model.state === null ? name : `${formatPercent(coverage(model.state))} % · ${model.state.phase} · ${name}`;
    };
    const unsubscribe = [model.subscribe('state', update), model.subscribe('scan', update)];
    return () => unsubscribe.forEach((stop) => stop());
  }, [model]);
}
