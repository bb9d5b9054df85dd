using System.Runtime.InteropServices;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Egress.Encoding;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;

namespace XrdCt.Live.Server.Benchmarks;

/// <summary>
/// Frames to be timed: drawn pixel by pixel from Poisson's law, so that no two are alike and none is easier to unpack or to sort than a
/// measured one. The seed is fixed: every run times the same frames.
/// </summary>
internal static class PoissonFrames
{
    // Above this the normal law is as good: the third moment of 100 counts is off by a tenth of their deviation.
    private const double LargestExact = 100;

    /// <summary>Frames around given counts; pixels below 0, which have no value, stay as they are.</summary>
    /// <param name="counts">Counts of a frame, or an expectation.</param>
    /// <param name="frameCount">How many frames.</param>
    public static int[][] Around(IReadOnlyList<double> counts, int frameCount)
    {
        int[][] frames = new int[frameCount][];
        Parallel.For(0, frameCount, f =>
        {
            var random = new Random(1000 + f);
            frames[f] = new int[counts.Count];
            for (int i = 0; i < counts.Count; i++)
            {
                frames[f][i] = counts[i] < 0 ? (int)counts[i] : Draw(counts[i], random);
            }
        });
        return frames;
    }

    /// <summary>
    /// Expected counts of a powder: fifteen rings that grow weaker outwards, over a background that falls off; −1 where the detector has no
    /// pixel.
    /// </summary>
    public static double[] Powder(DetectorGeometry geometry)
    {
        var pixels = new PixelGeometry(geometry);
        ReadOnlySpan<bool> gaps = ModuleGaps.Of(geometry).Masked;
        double[] expected = new double[geometry.Shape.PixelCount];
        for (int i = 0; i < expected.Length; i++)
        {
            double angle_deg = pixels.Radial(
                pixels.At(i / geometry.Shape.Columns, i % geometry.Shape.Columns), Model.Patterns.RadialUnit.TwoTheta_deg);
            double counts = 2 + (30 * Math.Exp(-angle_deg / 4));
            for (int ring = 1; ring <= 15; ring++)
            {
                double offset = (angle_deg - (5 * Math.Sqrt(ring))) / 0.05;
                counts += Math.Abs(offset) < 6 ? 600.0 / ring * Math.Exp(-0.5 * offset * offset) : 0;
            }

            expected[i] = gaps[i] ? -1 : counts;
        }

        return expected;
    }

    /// <summary>A frame as plain 32-bit pixels.</summary>
    public static RawFrame Plain(int[] pixels, ImageShape shape) =>
        Frame(MemoryMarshal.AsBytes(pixels.AsSpan()).ToArray(), shape, PixelEncoding.None);

    /// <summary>A frame packed by bitshuffle-LZ4, as a detector sends it.</summary>
    public static RawFrame Packed(int[] pixels, ImageShape shape)
    {
        byte[] packed = new byte[Bslz4Encoder.MaximumLength(pixels.Length)];
        return Frame(packed[..new Bslz4Encoder().Encode(pixels, packed)], shape, PixelEncoding.BitshuffleLz4);
    }

    private static RawFrame Frame(byte[] bytes, ImageShape shape, PixelEncoding encoding) => new()
    {
        Header = new FrameHeader { SeriesId = 0, Index = 0, AcquiredAt = default, Monitor = double.NaN },
        Shape = shape,
        Type = PixelType.Int32,
        Encoding = encoding,
        Lease = new MemoryLease(bytes),
        PayloadOffset = 0,
        PayloadLength = bytes.Length,
    };

    // Knuth, The Art of Computer Programming 2, 3.4.1 F: products of uniform numbers until below e^−λ.
    private static int Draw(double expected, Random random)
    {
        if (expected > LargestExact)
        {
            double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            return (int)Math.Max(0, Math.Round(expected + (Math.Sqrt(expected) * normal)));
        }

        double limit = Math.Exp(-expected);
        int count = 0;
        for (double product = random.NextDouble(); product > limit; product *= random.NextDouble())
        {
            count++;
        }

        return count;
    }
}
