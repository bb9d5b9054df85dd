namespace XrdCt.Live.Model.Scans;

/// <summary>In which order the stages visit the lines of a scan, and what a line is.</summary>
public enum ScanOrder
{
    /// <summary>All translations at one rotation, then the next rotation.</summary>
    TranslationFast,

    /// <summary>All rotations at one translation, then the next translation. The rotation returns after each line.</summary>
    RotationFast,

    /// <summary>
    /// As <see cref="RotationFast"/>, but the rotation never stops: a line begins where the one before ended. Over 180° a ray of every other
    /// line is met from the other side, where the beam at translation t passes where it would pass at −t.
    /// </summary>
    ContinuousRotation,

    /// <summary>
    /// Translations fast; every K-th rotation first, then those K subsets in between, so that the angles spread over the half circle early.
    /// </summary>
    Interlaced,

    /// <summary>Translations fast; rotations in bit-reversed order (van der Corput's sequence): each halves the widest gap.</summary>
    BitReversed,

    /// <summary>
    /// Translations fast; rotations by the golden section of the range, each at the nearest grid angle that is still free, so that after any
    /// number of them the gaps are nearly even.
    /// </summary>
    Golden,

    /// <summary>
    /// Frames anywhere, in any order: the recorded motor positions decide, and are brought onto the grid of the plan. A line is as many
    /// frames as there are translations.
    /// </summary>
    Positions,
}
