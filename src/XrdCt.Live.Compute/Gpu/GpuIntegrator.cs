using System.Runtime.InteropServices;
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
/// Device memory: per frame of a batch 4 bytes per pixel, and 1 byte per pixel of packed bytes (a batch that is larger goes in parts).
/// </remarks>
public sealed class GpuIntegrator : IFrameIntegrator
{
    // 16 frames together cost half as much each as one alone: a batch fills the device (measured on an H100).
    private const int UsualBatch = 16;

    // Payloads begin at multiples of this, so that plain frames are whole words.
    private const int Alignment_bytes = 16;

    // Smallest blocks, on average, that a frame may have on the device: bitshuffle's are 8,192 bytes.
    private const int SmallBlock_bytes = 1024;

    private readonly GpuPlan _plan;
    private readonly GpuDevice _device;
    private readonly IPixelReader _reader;
    private readonly int _pixelCount;
    private readonly int _patternSize;
    private readonly AcceleratorStream _stream;
    private readonly List<IDisposable> _owned = [];
    private readonly PageLockedArray1D<byte> _staged;
    private readonly PageLockedArray1D<PackedBlock> _stagedBlocks;
    private readonly PageLockedArray1D<BinSums> _sumsDown;
    private readonly PageLockedArray1D<int> _damagedDown;
    private readonly ArrayView<byte> _packed;
    private readonly ArrayView<PackedBlock> _blocks;
    private readonly ArrayView<int> _pixels;
    private readonly ArrayView<int> _damaged;
    private readonly ArrayView<BinSums> _sums;
    private int _packedLength;
    private int _plainStart;
    private int _blockCount;
    private int _largestBlock_bytes;

    /// <summary>Makes an integrator with buffers for a batch.</summary>
    /// <param name="plan">The plan on its device; it must outlive the integrator.</param>
    /// <param name="reader">Unpacks the frames that the device does not; this integrator's own.</param>
    /// <param name="batchSize">Frames of a batch, at least 1.</param>
    /// <exception cref="GpuException">The buffers do not fit the device.</exception>
    public GpuIntegrator(GpuPlan plan, IPixelReader reader, int batchSize = UsualBatch)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        _plan = plan;
        _device = plan.Device;
        _reader = reader;
        _pixelCount = plan.Plan.Geometry.Shape.PixelCount;
        _patternSize = plan.Plan.PatternSize;

        // A pixel of a batch is addressed with 31 bits, a staged byte too.
        BatchSize = (int)Math.Clamp(int.MaxValue / ((long)_pixelCount * sizeof(int)), 1, batchSize);
        int plain_bytes = Aligned(_pixelCount * sizeof(int));
        int staged_bytes = Math.Max(plain_bytes, (int)Math.Min((long)BatchSize * Aligned(_pixelCount), Array.MaxLength)) + Alignment_bytes;
        int blocks = BatchSize * ((_pixelCount * sizeof(int) / SmallBlock_bytes) + 64);
        Accelerator accelerator = _device.Accelerator;
        accelerator.Bind();
        try
        {
            _stream = Own(accelerator.CreateStream());
            _staged = Own(accelerator.AllocatePageLocked1D<byte>(staged_bytes, uninitialized: true));
            _stagedBlocks = Own(accelerator.AllocatePageLocked1D<PackedBlock>(blocks, uninitialized: true));
            _sumsDown = Own(accelerator.AllocatePageLocked1D<BinSums>(BatchSize * _patternSize, uninitialized: true));
            _damagedDown = Own(accelerator.AllocatePageLocked1D<int>(BatchSize));
            _packed = Own(accelerator.Allocate1D<byte>(staged_bytes)).View.BaseView;
            _blocks = Own(accelerator.Allocate1D<PackedBlock>(blocks)).View.BaseView;
            _pixels = Own(accelerator.Allocate1D<int>((long)BatchSize * _pixelCount)).View.BaseView;
            _damaged = Own(accelerator.Allocate1D<int>(BatchSize)).View.BaseView;
            _sums = Own(accelerator.Allocate1D<BinSums>((long)BatchSize * _patternSize)).View.BaseView;
        }
        catch (Exception e) when (GpuException.IsOfDevice(e))
        {
            Dispose();
            throw new GpuException($"a batch of {BatchSize} frames does not fit {_device.Name}: {GpuException.Sentence(e)}", e);
        }
    }

    /// <inheritdoc/>
    public IntegrationPlan Plan => _plan.Plan;

    /// <inheritdoc/>
    public int BatchSize { get; }

    /// <inheritdoc/>
    public void Integrate(ReadOnlySpan<RawFrame> frames, ReadOnlySpan<DiffractionPattern> patterns)
    {
        BatchShapes.Check(this, frames, patterns);
        _device.Accelerator.Bind();
        while (!frames.IsEmpty)
        {
            int count = Stage(frames, patterns);
            Launch(count);
            Unpack(patterns[..count]);
            frames = frames[count..];
            patterns = patterns[count..];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Last made, first disposed: the stream goes when nothing on it is under way.
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }

        _owned.Clear();
    }

    private static int Aligned(int length) => (length + Alignment_bytes - 1) & ~(Alignment_bytes - 1);

    /// <summary>
    /// Fills the pinned buffer with as many frames as it holds: packed ones from its front, plain ones from its back.
    /// </summary>
    /// <remarks>
    /// The copy into pinned memory costs a core 0.15 ms per 1.5 MB. A lender whose message memory is pinned itself could be copied from
    /// directly; this is the place.
    /// </remarks>
    private int Stage(ReadOnlySpan<RawFrame> frames, ReadOnlySpan<DiffractionPattern> patterns)
    {
        _packedLength = 0;
        _plainStart = (int)_staged.Length & ~(Alignment_bytes - 1);
        _blockCount = 0;
        _largestBlock_bytes = 0;
        int count = 0;
        while (count < frames.Length && TryStage(frames[count], count, patterns[count]))
        {
            count++;
        }

        return count;
    }

    /// <summary>False where the frame does not fit with those before it.</summary>
    private bool TryStage(in RawFrame frame, int place, DiffractionPattern pattern)
    {
        pattern.Header = frame.Header;
        if (frame.Shape != Plan.Geometry.Shape)
        {
            pattern.Outcome = FrameOutcome.WrongShape;
            return true;
        }

        if (_device.Unpacks && BlockTable.Takes(frame) && frame.PayloadLength <= _staged.Length - Alignment_bytes)
        {
            ReadOnlySpan<byte> payload = frame.Payload;
            if (payload.Length > _plainStart - _packedLength)
            {
                return false;
            }

            // The table has room for full blocks of every frame; a frame with more and smaller ones takes the other way.
            PackedFrame found = BlockTable.Append(
                payload, frame.Type, place, _packedLength, _pixelCount, _device.LargestBlock_bytes, _stagedBlocks.Span, ref _blockCount);
            pattern.Outcome = found == PackedFrame.Damaged ? FrameOutcome.Truncated : FrameOutcome.Accepted;
            if (found == PackedFrame.Blocks)
            {
                payload.CopyTo(_staged.Span[_packedLength..]);
                _packedLength = Aligned(_packedLength + payload.Length);
            }

            if (found != PackedFrame.Unusual)
            {
                return true;
            }
        }

        int plain_bytes = Aligned(_pixelCount * sizeof(int));
        if (plain_bytes > _plainStart - _packedLength)
        {
            return false;
        }

        pattern.Outcome = _reader.Begin(frame);
        if (pattern.Outcome == FrameOutcome.Accepted)
        {
            _plainStart -= plain_bytes;
            pattern.Outcome = _reader.Read(MemoryMarshal.Cast<byte, int>(_staged.Span.Slice(_plainStart, plain_bytes))[.._pixelCount]);
            ArrayView<int> staged = _staged.ArrayView.SubView(_plainStart, plain_bytes).Cast<int>().SubView(0, _pixelCount);
            _pixels.SubView((long)place * _pixelCount, _pixelCount).CopyFrom(_stream, staged);
        }

        return true;
    }

    private void Launch(int count)
    {
        _damaged.MemSetToZero(_stream);
        if (_blockCount > 0)
        {
            ReadOnlySpan<PackedBlock> blocks = _stagedBlocks.Span[.._blockCount];
            foreach (ref readonly PackedBlock block in blocks)
            {
                _largestBlock_bytes = Math.Max(_largestBlock_bytes, block.PlainLength);
            }

            int packedLength = Math.Min(_packedLength, (int)_staged.Length);
            _packed.SubView(0, packedLength).CopyFrom(_stream, _staged.ArrayView.SubView(0, packedLength));
            _blocks.SubView(0, _blockCount).CopyFrom(_stream, _stagedBlocks.ArrayView.SubView(0, _blockCount));
            var warps = new KernelConfig(
                _blockCount,
                _device.Accelerator.WarpSize,
                SharedMemoryConfig.RequestDynamic<byte>(DecodeKernel.SharedLength_bytes(_largestBlock_bytes)));
            _device.Decode!(_stream, warps, _blocks, _packed, _pixels, _damaged);
        }

        bool isMean = Plan.Options.Filter == IntegrationFilter.Mean;
        if (isMean)
        {
            var groups = new KernelConfig(_patternSize * count, _device.GroupSize);
            _device.Mean(_stream, groups, _plan.Views, count, _pixels, _sums);
        }
        else
        {
            var groups = new KernelConfig(
                _patternSize * count,
                _device.GroupSize,
                SharedMemoryConfig.RequestDynamic<int>(Math.Max(1, _plan.Limits.CacheLength) * TrimKernel.CacheWords));
            _device.Trim(_stream, groups, _plan.Views, _plan.Limits, count, _pixels, _sums);
        }

        _sums.SubView(0, count * _patternSize).CopyTo(_stream, _sumsDown.ArrayView.SubView(0, count * _patternSize));
        _damaged.SubView(0, count).CopyTo(_stream, _damagedDown.ArrayView.SubView(0, count));
        _stream.Synchronize();
    }

    private void Unpack(ReadOnlySpan<DiffractionPattern> patterns)
    {
        for (int place = 0; place < patterns.Length; place++)
        {
            DiffractionPattern pattern = patterns[place];
            if (pattern.Outcome == FrameOutcome.Accepted && _damagedDown.Span[place] != 0)
            {
                pattern.Outcome = FrameOutcome.Truncated;
            }

            if (pattern.Outcome != FrameOutcome.Accepted)
            {
                continue;
            }

            ReadOnlySpan<BinSums> sums = _sumsDown.Span.Slice(place * _patternSize, _patternSize);
            for (int bin = 0; bin < sums.Length; bin++)
            {
                ref readonly BinSums sum = ref sums[bin];
                pattern.Signal[bin] = sum.Signal;
                pattern.Variance[bin] = sum.Variance;
                pattern.Normalisation[bin] = sum.Normalisation;
                pattern.NormalisationSquared[bin] = sum.NormalisationSquared;
                pattern.Count[bin] = sum.Count;
                pattern.Mean[bin] = sum.Mean;
            }
        }
    }

    private T Own<T>(T resource)
        where T : IDisposable
    {
        _owned.Add(resource);
        return resource;
    }
}
