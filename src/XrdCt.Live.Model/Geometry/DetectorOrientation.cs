namespace XrdCt.Live.Model.Geometry;

/// <summary>
/// Which corner of the detector the first pixel of an image lies in, as somebody sees it who looks at the sample from behind the
/// detector (seen from the sample, left and right are swapped). Numbers and names are those of EXIF and of pyFAI.
/// </summary>
/// <remarks>
/// <para>Rows (1 and 2) or columns (1 and 4) are counted from the other side before their positions are computed:
/// p₁ = (rows − row − ½) · pixel₁ − poni₁. Nothing else changes, so that the four images of one detector, flipped into each other, have one
/// and the same geometry: a flip turns the order of the pixels, not their place in space. This is pyFAI's convention since August 2026
/// (<see href="https://github.com/silx-kit/pyFAI/pull/2911"/>). Releases from 2024.1 until then also turned the signs of t₁ or t₂ after
/// the rotations; that does not change 2θ, q, r, solid angle or polarisation, but mirrors χ.</para>
/// <para>Source: pyFAI, <c>detectors/orientation.py</c> and <c>detectors/_common.py</c>.</para>
/// </remarks>
public enum DetectorOrientation
{
    /// <summary>Camera image: rows and columns are both counted from the other side.</summary>
    TopLeft = 1,

    /// <summary>Rows are counted from the other side; what DECTRIS detectors show unprocessed.</summary>
    TopRight = 2,

    /// <summary>pyFAI's own, and its default: rows upwards, columns to the right as seen from the sample.</summary>
    BottomRight = 3,

    /// <summary>Columns are counted from the other side.</summary>
    BottomLeft = 4,
}
