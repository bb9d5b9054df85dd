using ILGPU;
using ILGPU.Runtime;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Compute.Gpu;

/// <summary>
/// Integrates batches of frames on a device: compressed frames go up, patterns come down. A stream and buffers of its own, so that three
/// or four of them on as many threads keep the bus and the device busy at once: while one copies, another unpacks or integrates.
/// </summary>
/// <remarks>
/// Bitshuffle-LZ4 frames of 8-, 16- and 32-bit integers are unpacked on the device; all others by the reader on the host, and go up plain.
/// Memory of the device: 5 bytes per pixel and frame of a batch.
/// </remarks>
public sealed class GpuIntegrator : IFrameIntegrator
{
    // 16 frames together cost half as much each as one alone: a batch fills the device (a prototype, measured on an H100).
    private const int UsualBatch = 16;

    // 40 MB of sums.
    private const int LargestBatch_cells = 1 << 20;

    private readonly GpuPlan _plan;
    private readonly AcceleratorStream _stream;
    private readonly MemoryBuffer1D<BinSums, Stride1D.Dense> _sums;
    private readonly PageLockedArray1D<BinSums> _sumsDown;
    private readonly DiffractionPattern? _cake;
    private readonly ulong[] _ranking;

    /// <summary>Makes an integrator with buffers for a batch.</summary>
    /// <param name="plan">The plan on its device; it must outlive the integrator.</param>
    /// <param name="reader">Unpacks the frames that the device does not; this integrator's own.</param>
    /// <param name="batchSize">Frames of a batch, at least 1; fewer are taken where a pattern has very many cells.</param>
    /// <exception cref="GpuException">The buffers do not fit the device.</exception>
    public GpuIntegrator(GpuPlan plan, IPixelReader reader, int batchSize = UsualBatch)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        _plan = plan;
        _cake = plan.Plan.IsCake ? new DiffractionPattern(CellCount) : null;
        _ranking = new ulong[plan.Plan.IsCake ? CellCount / plan.Plan.PatternSize : 0];

        // Pixels and groups of a batch are counted with 31 bits.
        ImageShape shape = plan.Plan.Geometry.Shape;
        long most = Math.Min(int.MaxValue / ((long)shape.PixelCount * sizeof(int)), LargestBatch_cells / CellCount);
        BatchSize = (int)Math.Clamp(most, 1, batchSize);
        Accelerator accelerator = plan.Device.Accelerator;
        accelerator.Bind();
        try
        {
            _stream = accelerator.CreateStream();
            Batch = new GpuBatch(plan.Device, shape, reader, BatchSize, _stream);
            _sums = accelerator.Allocate1D<BinSums>((long)BatchSize * CellCount);
            _sumsDown = accelerator.AllocatePageLocked1D<BinSums>(BatchSize * CellCount, uninitialized: true);
        }
        catch (Exception e) when (GpuException.IsOfDevice(e))
        {
            Dispose();
            throw new GpuException($"a batch of {BatchSize} frames does not fit {plan.Device.Name}: {GpuException.Sentence(e)}", e);
        }
    }

    /// <inheritdoc/>
    public IntegrationPlan Plan => _plan.Plan;

    /// <inheritdoc/>
    public int BatchSize { get; }

    /// <summary>The frames on the device.</summary>
    internal GpuBatch Batch { get; }

    private int CellCount => Plan.CellCount;

    /// <inheritdoc/>
    /// <exception cref="Exception">The device failed, with ILGPU's or the driver's exception: it is not to be used any more.</exception>
    public void Integrate(ReadOnlySpan<RawFrame> frames, ReadOnlySpan<DiffractionPattern> patterns)
    {
        BatchShapes.Check(this, frames, patterns);

        // Launches go to the device that is current on this thread; see GpuDevice.
        _plan.Device.Accelerator.Bind();
        while (!frames.IsEmpty)
        {
            int count = Batch.Stage(frames, patterns);
            Batch.Upload();
            Batch.Decode();
            Sum(count);
            _sums.View.BaseView.SubView(0, count * CellCount).CopyTo(_stream, _sumsDown.ArrayView.SubView(0, count * CellCount));
            Finish();
            Unpack(patterns[..count]);
            frames = frames[count..];
            patterns = patterns[count..];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sumsDown?.Dispose();
        _sums?.Dispose();
        Batch?.Dispose();
        _stream?.Dispose();
    }

    /// <summary>Begins to integrate the frames that are on the device.</summary>
    internal void Sum(int count)
    {
        int groups = CellCount * count;
        if (_plan.Trim is TrimLimits limits)
        {
            _plan.Device.Trim(
                _stream, Groups(groups, limits.CacheLength * TrimKernel.CacheWords), _plan.Views, limits, count, Batch.Pixels, _sums.View.BaseView);
        }
        else if (_plan.Clip is ClipRule rule)
        {
            _plan.Device.Clip(
                _stream, Groups(groups, rule.CacheLength * ClipKernel.CacheWords), _plan.Views, rule, count, Batch.Pixels, _sums.View.BaseView);
        }
        else
        {
            _plan.Device.Mean(_stream, new KernelConfig(groups, _plan.GroupSize), _plan.Views, count, Batch.Pixels, _sums.View.BaseView);
        }
    }

    /// <summary>Waits for all that was begun.</summary>
    internal void Finish() => _stream.Synchronize();

    /// <summary>The counts of a frame that was integrated last, as the device has them.</summary>
    internal void ReadPixels(int place, Span<int> pixels)
    {
        Batch.Pixels.SubView((long)place * pixels.Length, pixels.Length).CopyToCPU(_stream, pixels);
        Finish();
    }

    /// <summary>Writes the sums that came down last into patterns, and does there what a pattern is done with as a whole.</summary>
    internal void Unpack(ReadOnlySpan<DiffractionPattern> patterns)
    {
        for (int place = 0; place < patterns.Length; place++)
        {
            DiffractionPattern pattern = patterns[place];
            if (pattern.Outcome == FrameOutcome.Accepted && Batch.IsDamaged(place))
            {
                pattern.Outcome = FrameOutcome.Truncated;
            }

            if (pattern.Outcome != FrameOutcome.Accepted)
            {
                continue;
            }

            ReadOnlySpan<BinSums> sums = _sumsDown.Span.Slice(place * CellCount, CellCount);
            if (_cake is null)
            {
                Unpack(sums, pattern);
            }
            else
            {
                Unpack(sums, _cake);
                CakeTrim.Average(Plan.Options, _cake, pattern, _ranking);
            }

            Plan.PoissonBias?.Remove(pattern);
        }
    }

    /// <summary>Groups of a launch, each with shared memory for the entries of its bin.</summary>
    private KernelConfig Groups(int count, int cacheWords) =>
        new(count, _plan.GroupSize, SharedMemoryConfig.RequestDynamic<int>(Math.Max(1, cacheWords)));

    private static void Unpack(ReadOnlySpan<BinSums> sums, DiffractionPattern cells)
    {
        for (int cell = 0; cell < sums.Length; cell++)
        {
            ref readonly BinSums sum = ref sums[cell];
            cells.Signal[cell] = sum.Signal;
            cells.Variance[cell] = sum.Variance;
            cells.Normalisation[cell] = sum.Normalisation;
            cells.NormalisationSquared[cell] = sum.NormalisationSquared;
            cells.Count[cell] = sum.Count;
            cells.Mean[cell] = sum.Mean;
        }
    }
}
