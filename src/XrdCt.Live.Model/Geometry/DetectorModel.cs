using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Model.Geometry;

/// <summary>A detector as its maker builds it.</summary>
/// <param name="Name">Name of pyFAI's class, such as <c>PilatusCdTe2M</c>.</param>
/// <param name="Aliases">Other names that pyFAI knows.</param>
/// <param name="Shape">Image size.</param>
/// <param name="PixelSize_m">Size of its square pixels, m.</param>
/// <param name="Gaps">Its modules.</param>
public sealed record DetectorModel(string Name, IReadOnlyList<string> Aliases, ImageShape Shape, double PixelSize_m, ModuleGaps Gaps)
{
    /// <summary>
    /// Value of a pixel that has none, with <see cref="DummyDelta"/>: −2 for Pilatus, whose gaps are −1 and bad pixels −2; null where pixels
    /// without a value are the largest numbers of their type (Eiger).
    /// </summary>
    public double? Dummy { get; init; }

    /// <summary>Values within this distance of <see cref="Dummy"/> are none either.</summary>
    public double DummyDelta { get; init; }
}
