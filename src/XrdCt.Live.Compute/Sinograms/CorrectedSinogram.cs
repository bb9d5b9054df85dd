using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Compute.Sinograms;

/// <summary>
/// The corrected sinogram of a scan, computed from the raw one row by row, <c>factor · raw − air</c>; a line that is replaced is
/// <c>Σ share · factor · raw − air</c> of the lines beside it. Variances are carried on: <c>Σ (share · factor)² · variance + variance(air)</c>.
/// </summary>
public sealed class CorrectedSinogram : ICorrectedSinogram
{
    private readonly SinogramStack _raw;
    // 0 where no air is taken off, so that all bins take the same way.
    private readonly float[] _air;
    private readonly float[] _airVariance;

    /// <summary>Averages the air of a sinogram; no more of it is computed than is read.</summary>
    /// <param name="raw">The raw sinogram, divided by the monitor where that is asked for.</param>
    /// <param name="corrections">What was found in it.</param>
    /// <exception cref="ArgumentException">They are not of one scan.</exception>
    public CorrectedSinogram(SinogramStack raw, Corrections corrections)
    {
        ArgumentNullException.ThrowIfNull(raw);
        ArgumentNullException.ThrowIfNull(corrections);
        _raw = raw;
        Corrections = corrections;
        _air = new float[raw.BinCount];
        _airVariance = new float[raw.BinCount];
        Findings = corrections.Findings;
        if (corrections.TakesAirOff)
        {
            float[] air = new float[raw.BinCount];
            float[] variance = new float[raw.BinCount];
            corrections.Air.Average(raw, corrections.Factors, air, variance);
            Findings = Findings with { Air = air, AirVariance = variance };
            for (int b = 0; b < air.Length; b++)
            {
                _air[b] = float.IsNaN(air[b]) ? 0 : air[b];
                _airVariance[b] = float.IsNaN(variance[b]) ? 0 : variance[b];
            }
        }
    }

    // The air is what costs time; it changes little while a scan runs.
    private CorrectedSinogram(CorrectedSinogram before, Corrections corrections)
    {
        _raw = before._raw;
        Corrections = corrections;
        Findings = corrections.Findings;
        (_air, _airVariance) = (before._air, before._airVariance);
    }

    /// <inheritdoc/>
    public CorrectionFindings Findings { get; }

    /// <summary>What is done to each cell.</summary>
    public Corrections Corrections { get; }

    /// <summary>The same sinogram with other corrections, but the air that was averaged before.</summary>
    /// <param name="corrections">What was found in it since.</param>
    public CorrectedSinogram With(Corrections corrections)
    {
        ArgumentNullException.ThrowIfNull(corrections);
        return new CorrectedSinogram(this, corrections);
    }

    /// <summary>Finds the corrections of a sinogram that is complete.</summary>
    /// <param name="raw">The raw sinogram, divided by the monitor where that is asked for.</param>
    /// <param name="unmatched">Cells whose frames were never told what they needed, which count as unmeasured; null where there are none.</param>
    /// <param name="monitor">Monitor as it came, per cell; NaN where unknown.</param>
    /// <param name="transmission">Transmission as it came, per cell; null where no frame carries one.</param>
    /// <param name="spottiness">Spottiness per cell; null where nobody follows it.</param>
    /// <param name="options">Which corrections are asked for.</param>
    public static CorrectedSinogram Of(
        SinogramStack raw, bool[]? unmatched, float[] monitor, float[]? transmission, float[]? spottiness, CorrectionOptions options)
    {
        ArgumentNullException.ThrowIfNull(raw);
        float[] total = new float[raw.Plan.CellCount];
        for (int i = 0; i < total.Length; i++)
        {
            total[i] = raw.Measured[i] && unmatched?[i] is not true ? CellKernels.Sum(raw.Values.AsSpan(i * raw.BinCount, raw.BinCount)) : float.NaN;
        }

        return new CorrectedSinogram(raw, Corrections.Find(new CellMaps(raw.Plan, total, monitor, transmission, spottiness), options));
    }

    /// <inheritdoc/>
    public void Read(ScanCell cell, int first, Span<float> intensity)
    {
        if (IsUnmeasured(cell))
        {
            intensity.Fill(float.NaN);
            return;
        }

        CellSource from = Corrections.SourceOf(_raw.Offset(cell));
        ReadOnlySpan<float> factors = Corrections.Factors;
        ReadOnlySpan<float> air = _air.AsSpan(first, intensity.Length);
        CellKernels.Scale(Bins(_raw.Values, from.One, first, intensity.Length), factors[from.One] * (1 - from.OtherShare), air, intensity);
        if (!from.IsSingle)
        {
            CellKernels.Add(Bins(_raw.Values, from.Other, first, intensity.Length), factors[from.Other] * from.OtherShare, intensity);
        }
    }

    /// <inheritdoc/>
    public void ReadVariance(ScanCell cell, int first, Span<float> variance)
    {
        if (IsUnmeasured(cell))
        {
            variance.Fill(float.NaN);
            return;
        }

        CellSource from = Corrections.SourceOf(_raw.Offset(cell));
        (float one, float other) = Corrections.VarianceFactors(from);
        _airVariance.AsSpan(first, variance.Length).CopyTo(variance);
        CellKernels.Add(Bins(_raw.Variances, from.One, first, variance.Length), one, variance);
        if (!from.IsSingle)
        {
            CellKernels.Add(Bins(_raw.Variances, from.Other, first, variance.Length), other, variance);
        }
    }

    private bool IsUnmeasured(ScanCell cell) => (Findings.Flags[_raw.Offset(cell)] & CellFlags.Unmeasured) != 0;

    private ReadOnlySpan<float> Bins(float[] values, int cell, int first, int count) => values.AsSpan((cell * _raw.BinCount) + first, count);
}
