using XrdCt.Live.Model.Frames;
using XrdCt.Live.Server.Commands;

namespace XrdCt.Live.Server.Conversion;

/// <summary>Frames of one series, read one by one.</summary>
internal interface IFrameInput : IDisposable
{
    /// <summary>Image size.</summary>
    ImageShape Shape { get; }

    /// <summary>Element type.</summary>
    PixelType Type { get; }

    /// <summary>Frames of the series, missing ones included.</summary>
    int FrameCount { get; }

    /// <summary>What is known of the series.</summary>
    SeriesOptionSet.SeriesFacts Facts { get; }

    /// <summary>What could not be read, and what was left out: sentences.</summary>
    IReadOnlyList<string> Problems { get; }

    /// <summary>Reads the next frame.</summary>
    /// <returns>False at the end.</returns>
    bool TryNext(out ConvertedFrame frame);
}
