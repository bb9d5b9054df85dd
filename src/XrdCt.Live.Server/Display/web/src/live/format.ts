/** Numbers for people. Groups of three are set apart by a narrow no-break space, as SI wants it. */

const narrowSpace = '\u202f';
const none = '–';

export function formatCount(value: number): string {
  return Number.isFinite(value)
    ? Math.round(value)
        .toString()
        .replace(/\B(?=(\d{3})+$)/g, narrowSpace)
    : none;
}

/** A measured value with three or four significant digits; powers of ten outside 0.001…99999. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) {
    return none;
  }

  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) {
    const [mantissa, exponent] = value.toExponential(2).split('e');
    return `${minus(mantissa)}·10${superscript(Number(exponent))}`;
  }

  if (size >= 1000) {
    return minus(Math.sign(value) < 0 ? '-' : '') + formatCount(size);
  }

  return minus(Number(value.toPrecision(3)).toString());
}

/** `1 h 02 min`, `3 min 05 s`, `12 s`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) {
    return none;
  }

  const total = Math.max(0, Math.round(seconds));
  const h = Math.floor(total / 3600);
  const min = Math.floor((total % 3600) / 60);
  const s = total % 60;
  if (h > 0) {
    return `${h} h ${String(min).padStart(2, '0')} min`;
  }

  return min > 0 ? `${min} min ${String(s).padStart(2, '0')} s` : `${s} s`;
}

/** Milliseconds below ten seconds, seconds above: value and unit apart, since they are set in different sizes. */
export function formatLatency(ms: number): readonly [string, string] {
  if (!Number.isFinite(ms)) {
    return [none, 'ms'];
  }

  return ms < 10_000 ? [ms < 10 ? ms.toFixed(1) : formatCount(ms), 'ms'] : [(ms / 1000).toFixed(1), 's'];
}

/** Frames per second: one decimal below 100. */
export function formatRate(rate_Hz: number): string {
  return Number.isFinite(rate_Hz) ? (rate_Hz < 100 ? rate_Hz.toFixed(1) : formatCount(rate_Hz)) : none;
}

/** A share 0…1 in per cent; never 100 before all is there. */
export function formatPercent(share: number): string {
  return Number.isFinite(share) ? (share >= 1 ? 100 : Math.floor(share * 100)).toString() : none;
}

/** A length with its sign, µm. */
export function formatMicrometres(value_um: number): string {
  return Number.isFinite(value_um) ? `${minus(value_um.toFixed(0))} µm` : none;
}

/** A score 0…1 with its standard uncertainty to one digit, at least two decimals. */
export function formatScore(score: number, sigma: number): string {
  if (!Number.isFinite(sigma) || sigma <= 0) {
    return Number.isFinite(score) ? score.toFixed(2) : none;
  }

  const decimals = Math.min(4, Math.max(2, -Math.floor(Math.log10(sigma))));
  return `${score.toFixed(decimals)} ± ${sigma.toFixed(decimals)}`;
}

function minus(text: string): string {
  return text === '-0' ? '0' : text.replace('-', '−');
}

function superscript(exponent: number): string {
  return [...String(exponent)].map((c) => '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'['-0123456789'.indexOf(c)]).join('');
}
