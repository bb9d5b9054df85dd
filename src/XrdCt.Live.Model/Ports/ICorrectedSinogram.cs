using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Model.Ports;

/// <summary>A corrected sinogram, computed from the raw one where it is read: there is no second copy of it. Safe for several readers.</summary>
public interface ICorrectedSinogram
{
    /// <summary>What was found, and done.</summary>
    CorrectionFindings Findings { get; }

    /// <summary>Computes some bins of a cell.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="first">The first bin.</param>
    /// <param name="intensity">Receives as many bins as it has room for, counts; NaN where unmeasured.</param>
    void Read(ScanCell cell, int first, Span<float> intensity);

    /// <summary>Computes the variances of some bins of a cell, with that of the air that was taken off.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="first">The first bin.</param>
    /// <param name="variance">Receives as many bins as it has room for, counts²; NaN where unmeasured.</param>
    void ReadVariance(ScanCell cell, int first, Span<float> variance);
}
