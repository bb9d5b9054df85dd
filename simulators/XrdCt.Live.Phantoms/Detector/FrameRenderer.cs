using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Phantoms.Experiment;

namespace XrdCt.Live.Phantoms.Detector;

/// <summary>
/// Makes detector frames: expected powder pattern of the cell, Poisson noise in every pixel, single-crystal spots, hot
/// pixels, −1 in gaps and −2 in bad pixels. A frame depends on the experiment's seed and its index only. Not
/// thread-safe: one instance per worker; allocates nothing after the first frames.
/// </summary>
public sealed class FrameRenderer
{
    private const int BinMask = (1 << DetectorTables.BinBits) - 1;
    private const int DitherMask = (1 << PoissonPool.DitherBits) - 1;
    private const int SampleMask = (1 << PoissonPool.SampleBits) - 1;

    // Below the faintest expectation (air at three quarters of the current); keeps every place on the ladder.
    private const double FaintestMean = 0.2;

    private static readonly PoissonPool Pool = new();

    private readonly VirtualExperiment _experiment;
    private readonly SpotPainter _spots;
    private readonly double[] _expected = new double[DetectorTables.RadialBinCount];
    private readonly int[] _places = new int[DetectorTables.TableLength];
    private int _index = -1;

    /// <summary>Makes a renderer for the frames of one experiment.</summary>
    public FrameRenderer(VirtualExperiment experiment)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        _experiment = experiment;
        _spots = new SpotPainter(experiment);
        _places[DetectorTables.DeadBin] = PoissonPool.DeadPlace;
        _places[DetectorTables.BadBin] = PoissonPool.BadPlace;
        _places[DetectorTables.GapBin] = PoissonPool.GapPlace;
    }

    /// <summary>Pixels of a frame.</summary>
    public int PixelCount => _experiment.Detector.Geometry.Shape.PixelCount;

    /// <summary>Expected counts per radial bin of the frame begun, before sensitivity, spots and hot pixels.</summary>
    public ReadOnlySpan<double> Expected => _expected;

    /// <summary>Prepares a frame; its blocks can then be rendered in any order.</summary>
    /// <param name="index">Frame index in the scan plan.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is outside the plan.</exception>
    public void Begin(int index)
    {
        ScanCell cell = _experiment.Plan.CellOf(index);
        _index = index;
        _experiment.Expect(cell, _experiment.MonitorOf(index), _expected);
        int highest = PoissonPool.HighestPlace;
        for (int bin = 0; bin < _expected.Length; bin++)
        {
            _places[bin] = Math.Min(PoissonPool.PlaceOf(Math.Max(FaintestMean, _expected[bin])), highest);
        }

        _spots.Begin(index, cell);
    }

    /// <summary>Renders one block of the frame begun.</summary>
    /// <param name="block">Block of <see cref="DetectorTables.BlockPixels"/> pixels, from 0.</param>
    /// <param name="pixels">Receives counts, length <see cref="DetectorTables.BlockPixels"/>; −1 beyond the last
    /// pixel.</param>
    /// <exception cref="ArgumentException">The span has another length.</exception>
    public void RenderBlock(int block, Span<int> pixels)
    {
        if (pixels.Length != DetectorTables.BlockPixels)
        {
            throw new ArgumentException(
                $"a block has {DetectorTables.BlockPixels} pixels, not {pixels.Length}", nameof(pixels));
        }

        ReadOnlySpan<int> packed =
            _experiment.Detector.Packed.Slice(block * DetectorTables.BlockPixels, DetectorTables.BlockPixels);
        LaneRandom random = new(new SeededRandom(_experiment.Seed, ((long)_index << 16) | (uint)block));
        if (Avx2.IsSupported)
        {
            DrawWithGather(packed, random, pixels);
        }
        else
        {
            Draw(packed, random, pixels);
        }

        _spots.Paint(block * DetectorTables.BlockPixels, pixels);
    }

    /// <summary>Renders a whole frame.</summary>
    /// <param name="index">Frame index in the scan plan.</param>
    /// <param name="frame">Receives counts, row-major, length <see cref="PixelCount"/>.</param>
    public void Render(int index, Span<int> frame)
    {
        Begin(index);
        Span<int> scratch = stackalloc int[DetectorTables.BlockPixels];
        for (int first = 0; first < frame.Length; first += DetectorTables.BlockPixels)
        {
            RenderBlock(first / DetectorTables.BlockPixels, scratch);
            Span<int> target = frame.Slice(first, Math.Min(DetectorTables.BlockPixels, frame.Length - first));
            scratch[..target.Length].CopyTo(target);
        }
    }

    /// <summary>The reference: every step of a lane on its own. Same counts as the vector path.</summary>
    internal void Draw(ReadOnlySpan<int> packed, LaneRandom random, Span<int> pixels)
    {
        for (int i = 0; i < packed.Length; i += 2 * Vector256<int>.Count)
        {
            Vector256<uint> bits = random.Next();
            for (int lane = 0; lane < Vector256<int>.Count; lane++)
            {
                int near = i + lane;
                int far = near + Vector256<int>.Count;
                pixels[near] = Count(packed[near], (int)(bits[lane] >> 16));
                pixels[far] = Count(packed[far], (int)(bits[lane] & 0xFFFF));
            }
        }
    }

    /// <summary>One pixel: 16 random bits choose the rung (6 bits of dither) and the sample on it (10 bits).</summary>
    private int Count(int packed, int bits)
    {
        int place = _places[packed & BinMask] + (packed >> 16);
        int rung = (place + (bits & DitherMask)) >> PoissonPool.DitherBits;
        int sample = Pool.Samples[(rung << PoissonPool.SampleBits) + ((bits >> PoissonPool.DitherBits) & SampleMask)];
        return ((sample + 2) & 0xFFFF) - 2;
    }

    private unsafe void DrawWithGather(ReadOnlySpan<int> packed, LaneRandom random, Span<int> pixels)
    {
        fixed (int* places = _places)
        fixed (ushort* samples = Pool.Samples)
        {
            ref int source = ref MemoryMarshal.GetReference(packed);
            ref int target = ref MemoryMarshal.GetReference(pixels);
            for (int i = 0; i < packed.Length; i += 2 * Vector256<int>.Count)
            {
                Vector256<uint> bits = random.Next();
                Count8(ref source, ref target, i, (bits >> 16).AsInt32(), places, samples);
                Count8(ref source, ref target, i + Vector256<int>.Count, bits.AsInt32(), places, samples);
            }
        }
    }

    /// <summary>Eight pixels at once; only the lower 16 of the random bits of a lane are used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Count8(
        ref int source, ref int target, int at, Vector256<int> bits, int* places, ushort* samples)
    {
        Vector256<int> packed = Vector256.LoadUnsafe(ref source, (nuint)at);
        Vector256<int> place = Avx2.GatherVector256(places, packed & Vector256.Create(BinMask), sizeof(int));
        place += packed >> 16;
        Vector256<int> rung = (place + (bits & Vector256.Create(DitherMask))) >> PoissonPool.DitherBits;
        Vector256<int> sample = (bits >>> PoissonPool.DitherBits) & Vector256.Create(SampleMask);
        Vector256<int> index = (rung << PoissonPool.SampleBits) + sample;
        Vector256<int> counts = Avx2.GatherVector256((int*)samples, index, sizeof(ushort));
        counts = ((counts + Vector256.Create(2)) & Vector256.Create(0xFFFF)) - Vector256.Create(2);
        counts.StoreUnsafe(ref target, (nuint)at);
    }
}
