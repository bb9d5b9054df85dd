import { useEffect, useRef } from 'react';
import { coverageByRotation, runsOf } from '../live/health';
import type { LiveModel } from '../live/model';
import { rem, theme } from '../theme';

/** The measured angles as a fan: a missing wedge is a missing wedge on the screen, too. */
export function CoverageDial({ model }: { readonly model: LiveModel }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current!;
    const paint = (): void => paintDial(element, model);
    const resize = new ResizeObserver(paint);
    resize.observe(element);
    const unsubscribe = [model.subscribe('sinogram', paint), model.subscribe('scan', paint)];
    return () => {
      resize.disconnect();
      unsubscribe.forEach((stop) => stop());
    };
  }, [model]);
  return (
    <canvas
      ref={canvas}
      className="dial"
      role="img"
      aria-label="Fan of the rotation angles measured so far"
      data-testid="coverage-dial"
    />
  );
}

function paintDial(canvas: HTMLCanvasElement, model: LiveModel): void {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = Math.max(1, Math.round(width * devicePixelRatio));
  canvas.height = Math.max(1, Math.round(height * devicePixelRatio));
  const pen = canvas.getContext('2d')!;
  pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  const range_deg = model.scan?.plan.range_deg ?? 180;
  const whole = range_deg > 180;
  const em = rem();
  const outer = whole ? Math.min(width, height) / 2 - 1 : Math.min(width / 2 - 1, height - 1.3 * em);
  const inner = outer * 0.62;
  const [cx, cy] = [width / 2, whole ? height / 2 : height - 1.2 * em];

  // 0° points right and angles grow against the clock, as on every protractor.
  const sector = (from_deg: number, to_deg: number): void => {
    pen.beginPath();
    pen.arc(cx, cy, outer, (-from_deg * Math.PI) / 180, (-to_deg * Math.PI) / 180, true);
    pen.arc(cx, cy, inner, (-to_deg * Math.PI) / 180, (-from_deg * Math.PI) / 180, false);
    pen.closePath();
  };

  pen.fillStyle = theme.hatch;
  sector(0, whole ? 359.99 : range_deg);
  pen.fill();

  const { sinogram } = model;
  if (sinogram !== null) {
    const shares = coverageByRotation(sinogram.values, sinogram.rotationCount, sinogram.translationCount);
    const step_deg = range_deg / shares.length;
    for (const { first, end, value: share } of runsOf(shares)) {
      if (share > 0) {
        const mixed = theme.measured.map(
          (to, c) => theme.unmeasured[c] + (0.25 + 0.75 * share) * (to - theme.unmeasured[c]),
        );
        pen.fillStyle = `rgb(${mixed.map(Math.round).join(' ')})`;
        sector(first * step_deg, Math.min(end * step_deg, 359.99));
        pen.fill();
      }
    }
  }

  if (!whole) {
    pen.fillStyle = theme.muted;
    pen.font = `${0.75 * em}px ${getComputedStyle(canvas).fontFamily}`;
    pen.textBaseline = 'bottom';
    pen.textAlign = 'center';
    pen.fillText('0°', cx + (inner + outer) / 2, cy + 1.15 * em);
    pen.fillText(`${range_deg}°`, cx - (inner + outer) / 2, cy + 1.15 * em);
  }
}
