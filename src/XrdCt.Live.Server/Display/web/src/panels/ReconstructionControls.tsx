import { useEffect, useMemo, useState } from 'react';
import { hasEnded } from '../live/health';
import { type LiveModel, useLive } from '../live/model';
import type { Reconstruction } from '../live/protocol';
import { askChoices, type Change, type Choices, has, inOrder, over, progressOf, readAxis } from '../live/reconstruction';

/** A change that no state has by then was made again by somebody else. */
const patience_ms = 2000;

/** How slices are made, and changed while the scan runs: for all pages alike. */
export function ReconstructionControls({ model }: { readonly model: LiveModel }) {
  const state = useLive(model, 'state', (m) => m.state);
  const choices = useChoices(model);
  const [asked, setAsked] = useState<Change | null>(null);
  const [refusal, setRefusal] = useState('');
  const told = state?.reconstruction ?? null;
  const send = useMemo(
    () =>
      inOrder((sentence) => {
        setRefusal(sentence ?? '');
        if (sentence !== null) {
          setAsked(null);
        }
      }),
    [],
  );

  useEffect(() => {
    if (asked === null) {
      return;
    }

    if (told !== null && has(told, asked)) {
      setAsked(null);
      return;
    }

    const late = setTimeout(() => setAsked(null), patience_ms);
    return () => clearTimeout(late);
  }, [asked, told?.filter, told?.axis_px, told?.air]);

  if (state === null || told === null) {
    return null;
  }

  const change = (wanted: Change): void => {
    setAsked((before) => ({ ...before, ...wanted }));
    send(wanted);
  };

  const shown = over(told, asked);
  const isFixed = choices === null || !choices.control;
  return (
    <div
      className="controls"
      role="group"
      aria-label="How slices are made"
      data-testid="reconstruction"
      title={choices?.control === false ? 'Cannot be changed here: display.control in the configuration says so' : undefined}
    >
      <label title="Apodisation of the ramp: from sharp and noisy to smooth">
        filter
        <select
          value={shown.filter}
          disabled={isFixed}
          data-testid="filter"
          onChange={(event) => change({ filter: event.target.value })}
        >
          {(choices?.filter ?? [shown.filter]).map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <AxisField
        settings={shown}
        fromData_px={state.axisFromData_px}
        limits={isFixed ? null : choices.axis_px}
        change={(axis_px) => change({ axis_px })}
      />
      <label title="Take off what is scattered outside the sample, where the scan reaches beyond it">
        air
        <input
          type="checkbox"
          aria-label="Take air scatter off"
          checked={shown.air}
          disabled={isFixed || choices.air.length < 2}
          data-testid="air"
          onChange={(event) => change({ air: event.target.checked })}
        />
      </label>
      {refusal !== '' && (
        <p className="refusal" role="alert">
          {refusal}
        </p>
      )}
    </div>
  );
}

/** Says that slices are not yet what was asked for. */
export function RecomputingNote({ model }: { readonly model: LiveModel }) {
  const state = useLive(model, 'state', (m) => m.state);
  return (
    <span className="recomputing" role="status" data-testid="recomputing">
      {state === null || hasEnded(state) ? '' : progressOf(state.reconstructionLag_s)}
    </span>
  );
}

/** Empty for where the data have the axis; Enter or leaving the field takes what was typed, Escape forgets it. */
function AxisField({
  settings,
  fromData_px,
  limits,
  change,
}: {
  readonly settings: Reconstruction;
  readonly fromData_px: number;
  readonly limits: readonly [number, number] | null;
  readonly change: (axis_px: number | null) => void;
}) {
  const [typed, setTyped] = useState<string | null>(null);
  const known = Number.isFinite(settings.axis_px) ? String(settings.axis_px) : '';
  const value = typed === null || limits === null ? undefined : readAxis(typed, limits);
  const isWrong = typed !== null && value === undefined;
  const take = (): void => {
    setTyped(null);
    if (value !== undefined && typed !== null && typed.trim() !== known) {
      change(value);
    }
  };
  return (
    <label
      title={
        limits === null
          ? 'The rotation axis of this scan is found'
          : `Rotation axis, translations from the middle, ${limits[0]} to ${limits[1]}; empty: where the data have it`
      }
    >
      axis
      <input
        type="text"
        inputMode="decimal"
        autoComplete="off"
        aria-label="Rotation axis, translations from the middle; empty for where the data have it"
        aria-invalid={isWrong}
        placeholder={Number.isFinite(fromData_px) ? `from the data (${fromData_px.toFixed(2)})` : 'from the data'}
        value={typed ?? known}
        disabled={limits === null}
        data-testid="axis"
        onChange={(event) => setTyped(event.target.value)}
        onBlur={take}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            take();
          } else if (event.key === 'Escape') {
            setTyped(null);
          }
        }}
      />
    </label>
  );
}

/** What may be chosen of the scan that runs; null while none does. */
function useChoices(model: LiveModel): Choices | null {
  const scan = useLive(model, 'scan', (m) => m.scan);
  const status = useLive(model, 'connection', (m) => m.connection.status);
  const ended = useLive(model, 'state', (m) => m.state !== null && hasEnded(m.state));
  const [choices, setChoices] = useState<Choices | null>(null);
  useEffect(() => {
    let isOld = false;
    setChoices(null);
    if (scan !== null && status === 'open' && !ended) {
      askChoices().then(
        (told) => isOld || setChoices(told),
        () => undefined,
      );
    }

    return () => {
      isOld = true;
    };
  }, [scan, status, ended]);
  return choices;
}
