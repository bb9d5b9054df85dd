using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Fuzzing.Targets;

/// <summary>The image that seeds hold: odd sides, so that every tail of every kernel is in it.</summary>
internal static class SampleImage
{
    internal static readonly ImageShape Shape = new(31, 57);

    /// <summary>Counts below 2¹¹ with flags of a gap and a bad pixel, as a Pilatus has them.</summary>
    internal static int[] Counts { get; } = PackedFrames.Expected(Shape.Rows, Shape.Columns, 5);

    /// <summary>The counts as elements of some size, little endian; what does not fit is cut off.</summary>
    internal static byte[] Plain(int elementSize) =>
        [.. Counts.SelectMany(c => BitConverter.GetBytes((long)c)[..elementSize])];

    /// <summary>Bytes without any pattern: they go through LZ4 as literals.</summary>
    internal static byte[] Noise(int length)
    {
        byte[] noise = new byte[length];
        new Random(20260104).NextBytes(noise);
        return noise;
    }
}
