import { curvePoints } from './curvePoints';

/** A number between 0 and 1 over the scan. */
export function Curve({
  fractions,
  values,
  label,
}: {
  readonly fractions: ArrayLike<number>;
  readonly values: ArrayLike<number>;
  readonly label: string;
}) {
  return (
    <svg className="curve" viewBox="-1 -1 102 32" preserveAspectRatio="none" role="img" aria-label={label}>
      <line x1="0" y1="30" x2="100" y2="30" />
      <polyline points={curvePoints(fractions, values)} />
    </svg>
  );
}
