namespace XrdCt.Live.Model.Scans;

/// <summary>In which order the stage visits the cells of a scan.</summary>
public enum ScanOrder
{
    /// <summary>All translations at one rotation, always in the same direction, then the next rotation.</summary>
    TranslationFast,

    /// <summary>As <see cref="TranslationFast"/>, every other line backwards.</summary>
    TranslationFastZigzag,

    /// <summary>All rotations at one translation, always in the same direction, then the next translation.</summary>
    RotationFast,

    /// <summary>As <see cref="RotationFast"/>, every other line backwards.</summary>
    RotationFastZigzag,

    /// <summary>
    /// Translations fast; rotations in K subsets (every K-th angle), the subsets in bit-reversed order, so that
    /// the angles spread over the half circle early.
    /// </summary>
    Interlaced,
}
