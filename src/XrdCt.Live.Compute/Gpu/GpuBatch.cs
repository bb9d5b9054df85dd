using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Compute.Gpu;

/// <summary>
/// The frames of a batch on their way from message memory to pixels on the device: staged in pinned memory, copied up packed, unpacked there.
/// </summary>
internal sealed class GpuBatch : IDisposable
{
    // Payloads begin at multiples of this, so that plain frames are whole words.
    private const int Alignment_bytes = 16;

    // Smallest blocks, on average, that a frame may have on the device: bitshuffle's are 8,192 bytes.
    private const int SmallBlock_bytes = 1024;
    private const int FewBlocks = 64;

    private readonly GpuDevice _device;
    private readonly ImageShape _shape;
    private readonly IPixelReader _reader;
    private readonly AcceleratorStream _stream;
    private readonly int _plain_bytes;
    private readonly Stack<IDisposable> _owned = [];
    private readonly PageLockedArray1D<byte> _staged;
    private readonly PageLockedArray1D<PackedBlock> _stagedBlocks;
    private readonly PageLockedArray1D<int> _damagedDown;
    private readonly ArrayView<byte> _packed;
    private readonly ArrayView<PackedBlock> _blocks;
    private readonly ArrayView<int> _damaged;
    private int _packedLength;
    private int _plainStart;
    private int _blockCount;

    /// <summary>Makes the buffers: 1 byte per pixel and frame of staging (at least a plain frame), 5 bytes on the device.</summary>
    public GpuBatch(GpuDevice device, ImageShape shape, IPixelReader reader, int capacity, AcceleratorStream stream)
    {
        _device = device;
        _shape = shape;
        _reader = reader;
        _stream = stream;
        _plain_bytes = Aligned(shape.PixelCount * sizeof(int));
        int staged_bytes = Math.Max(_plain_bytes, (int)Math.Min((long)capacity * Aligned(shape.PixelCount), int.MaxValue / 2)) + Alignment_bytes;
        int blocks = capacity * ((shape.PixelCount * sizeof(int) / SmallBlock_bytes) + FewBlocks);
        Accelerator accelerator = device.Accelerator;
        try
        {
            _staged = Own(accelerator.AllocatePageLocked1D<byte>(staged_bytes, uninitialized: true));
            _stagedBlocks = Own(accelerator.AllocatePageLocked1D<PackedBlock>(blocks, uninitialized: true));
            _damagedDown = Own(accelerator.AllocatePageLocked1D<int>(capacity));
            _packed = Own(accelerator.Allocate1D<byte>(staged_bytes)).View.BaseView;
            _blocks = Own(accelerator.Allocate1D<PackedBlock>(blocks)).View.BaseView;
            _damaged = Own(accelerator.Allocate1D<int>(capacity)).View.BaseView;
            Pixels = Own(accelerator.Allocate1D<int>((long)capacity * shape.PixelCount)).View.BaseView;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Counts on the device, frame after frame.</summary>
    public ArrayView<int> Pixels { get; }

    /// <summary>Packed bytes that go up.</summary>
    public int PackedLength => Math.Min(_packedLength, (int)_staged.Length);

    /// <summary>Blocks that the device unpacks.</summary>
    public int BlockCount => _blockCount;

    /// <summary>
    /// Takes as many frames as the pinned memory holds: packed ones fill it from the front, plain ones from the back and go up at once.
    /// </summary>
    /// <param name="frames">Frames that wait; those that were taken are not needed any more after <see cref="Upload"/>.</param>
    /// <param name="patterns">Receive header and outcome, as far as the host can tell.</param>
    /// <returns>Frames taken, at least 1.</returns>
    /// <remarks>
    /// The copy into pinned memory costs a core 0.15 ms per 1.5 MB at 10 GB/s. A lender whose message memory is pinned itself could be
    /// copied from directly; this is the place.
    /// </remarks>
    public int Stage(ReadOnlySpan<RawFrame> frames, ReadOnlySpan<DiffractionPattern> patterns)
    {
        _packedLength = 0;
        _plainStart = (int)_staged.Length & ~(Alignment_bytes - 1);
        _blockCount = 0;
        int count = 0;
        while (count < frames.Length && TryStage(frames[count], count, patterns[count]))
        {
            count++;
        }

        return count;
    }

    /// <summary>Begins to copy the packed frames up.</summary>
    public void Upload()
    {
        if (_blockCount > 0)
        {
            _packed.SubView(0, PackedLength).CopyFrom(_stream, _staged.ArrayView.SubView(0, PackedLength));
            _blocks.SubView(0, _blockCount).CopyFrom(_stream, _stagedBlocks.ArrayView.SubView(0, _blockCount));
        }
    }

    /// <summary>Begins to unpack what was copied up, and to copy down what does not decode.</summary>
    public void Decode()
    {
        _damaged.MemSetToZero(_stream);
        if (_blockCount > 0)
        {
            int largest_bytes = 0;
            foreach (ref readonly PackedBlock block in _stagedBlocks.Span[.._blockCount])
            {
                largest_bytes = Math.Max(largest_bytes, block.PlainLength);
            }

            var warps = new KernelConfig(
                _blockCount,
                _device.Accelerator.WarpSize,
                SharedMemoryConfig.RequestDynamic<byte>(DecodeKernel.SharedLength_bytes(largest_bytes)));
            _device.Decode!(_stream, warps, _blocks, _packed, Pixels, _damaged);
        }

        _damaged.CopyTo(_stream, _damagedDown.ArrayView);
    }

    /// <summary>Whether a frame did not decode; known when the stream has come to its end.</summary>
    public bool IsDamaged(int place) => _damagedDown.Span[place] != 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_owned.TryPop(out IDisposable? resource))
        {
            resource.Dispose();
        }
    }

    private static int Aligned(int length) => (length + Alignment_bytes - 1) & ~(Alignment_bytes - 1);

    /// <summary>False where the frame does not fit with those before it.</summary>
    private bool TryStage(in RawFrame frame, int place, DiffractionPattern pattern)
    {
        pattern.Header = frame.Header;
        if (frame.Shape != _shape)
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

            PackedFrame found = BlockTable.Append(
                payload, frame.Type, place, _packedLength, _shape.PixelCount, _device.LargestBlock_bytes, _stagedBlocks.Span, ref _blockCount);
            if (found == PackedFrame.Blocks)
            {
                payload.CopyTo(_staged.Span[_packedLength..]);
                _packedLength = Aligned(_packedLength + payload.Length);
            }

            if (found != PackedFrame.Unusual)
            {
                pattern.Outcome = found == PackedFrame.Blocks ? FrameOutcome.Accepted : FrameOutcome.Truncated;
                return true;
            }
        }

        return TryStagePlain(frame, place, pattern);
    }

    private bool TryStagePlain(in RawFrame frame, int place, DiffractionPattern pattern)
    {
        if (_plain_bytes > _plainStart - _packedLength)
        {
            return false;
        }

        pattern.Outcome = _reader.Begin(frame);
        if (pattern.Outcome == FrameOutcome.Accepted)
        {
            _plainStart -= _plain_bytes;
            pattern.Outcome = _reader.Read(MemoryMarshal.Cast<byte, int>(_staged.Span.Slice(_plainStart, _plain_bytes))[.._shape.PixelCount]);
            ArrayView<int> staged = _staged.ArrayView.SubView(_plainStart, _plain_bytes).Cast<int>().SubView(0, _shape.PixelCount);
            Pixels.SubView((long)place * _shape.PixelCount, _shape.PixelCount).CopyFrom(_stream, staged);
        }

        return true;
    }

    private T Own<T>(T resource)
        where T : IDisposable
    {
        _owned.Push(resource);
        return resource;
    }
}
