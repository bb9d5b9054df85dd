using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Model.Patterns;

/// <summary>
/// One integrated frame: per radial bin the sums over the pixels that were kept, so that σ can be carried on and
/// the division comes last. Buffers are allocated once; a pattern is filled, handed on and reused.
/// </summary>
public sealed class DiffractionPattern
{
    /// <summary>Allocates a pattern.</summary>
    /// <param name="binCount">Number of radial bins, or of cells [sector, bin] of a 2D pattern.</param>
    public DiffractionPattern(int binCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(binCount, 1);
        Signal = new double[binCount];
        Normalisation = new double[binCount];
        Variance = new double[binCount];
        NormalisationSquared = new double[binCount];
        Count = new int[binCount];
        Mean = new float[binCount];
    }

    /// <summary>Identity and time of the frame.</summary>
    public FrameHeader Header { get; set; }

    /// <summary>What became of the frame; the sums mean something only when <see cref="FrameOutcome.Accepted"/>.</summary>
    public FrameOutcome Outcome { get; set; }

    /// <summary>Number of bins.</summary>
    public int BinCount => Signal.Length;

    /// <summary>Σ counts over the kept pixels, per bin.</summary>
    public double[] Signal { get; }

    /// <summary>Σ (flat field · polarisation · solid angle · sensor efficiency · monitor) over the kept pixels, per bin; dimensionless.</summary>
    public double[] Normalisation { get; }

    /// <summary>Σ variance over the kept pixels, per bin, counts²; of a pixel by the <see cref="ErrorModel"/>, Poisson max(counts, 1).</summary>
    public double[] Variance { get; }

    /// <summary>Σ normalisation² over the kept pixels, per bin.</summary>
    public double[] NormalisationSquared { get; }

    /// <summary>Number of kept pixels, per bin.</summary>
    public int[] Count { get; }

    /// <summary>Plain mean Σ signal / Σ normalisation over all valid pixels, counts; NaN in an empty bin. Equals the
    /// intensity when nothing was trimmed; mean / trimmed mean is the spottiness.</summary>
    public float[] Mean { get; }

    /// <summary>Intensity of a bin, <c>Signal / Normalisation</c>, counts; NaN in an empty bin.</summary>
    public double Intensity(int bin) => Normalisation[bin] > 0 ? Signal[bin] / Normalisation[bin] : double.NaN;

    /// <summary>
    /// Effective number of kept pixels, <c>Normalisation² / NormalisationSquared</c>: their count where all weigh the same, less where
    /// some weigh little; 0 in an empty bin.
    /// </summary>
    public double EffectiveCount(int bin) =>
        NormalisationSquared[bin] > 0 ? Normalisation[bin] * Normalisation[bin] / NormalisationSquared[bin] : 0;

    /// <summary>
    /// Spottiness of a bin, mean over filtered intensity: 1 for a smooth ring, more where single crystals shine; NaN in an empty
    /// bin or where the filtered intensity is not above 0.
    /// </summary>
    public double Spottiness(int bin) => Intensity(bin) is > 0 and var filtered ? Mean[bin] / filtered : double.NaN;

    /// <summary>Standard error of the intensity, <c>√Variance / Normalisation</c>, counts; NaN in an empty bin.</summary>
    public double Sigma(int bin) => Normalisation[bin] > 0 ? Math.Sqrt(Variance[bin]) / Normalisation[bin] : double.NaN;

    /// <summary>
    /// Divides by a beam monitor afterwards, as if each pixel's normalisation had held it: Normalisation · m, NormalisationSquared · m²,
    /// Mean / m; intensity and σ become 1/m of what they were, counts and variance stay.
    /// </summary>
    /// <param name="monitor">Monitor m of this frame relative to its reference, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The monitor is not a number above 0.</exception>
    public void ScaleNormalisation(double monitor)
    {
        if (!(monitor > 0 && double.IsFinite(monitor)))
        {
            throw new ArgumentOutOfRangeException(nameof(monitor), monitor, "a beam monitor must be above 0");
        }

        for (int b = 0; b < BinCount; b++)
        {
            Normalisation[b] *= monitor;
            NormalisationSquared[b] *= monitor * monitor;
            Mean[b] = (float)(Mean[b] / monitor);
        }
    }

    /// <summary>Forgets the previous frame.</summary>
    public void Clear()
    {
        Array.Clear(Signal);
        Array.Clear(Normalisation);
        Array.Clear(Variance);
        Array.Clear(NormalisationSquared);
        Array.Clear(Count);
        Array.Fill(Mean, float.NaN);
    }
}
