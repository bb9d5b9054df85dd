using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Streams;

/// <summary>Sizes that messages claim.</summary>
internal static class FrameShape
{
    private const int LargestSide = 65535;

    /// <summary>Makes a shape of what a message claims.</summary>
    /// <returns>The shape; null where no image can have it.</returns>
    internal static ImageShape? Of(long rows, long columns) =>
        rows is > 0 and <= LargestSide && columns is > 0 and <= LargestSide && rows * columns <= int.MaxValue / sizeof(int)
            ? new ImageShape((int)rows, (int)columns)
            : null;
}
