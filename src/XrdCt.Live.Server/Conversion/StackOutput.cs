using System.Runtime.InteropServices;
using XrdCt.Live.Egress.Encoding;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Storage.Stacks;

namespace XrdCt.Live.Server.Conversion;

/// <summary>An HDF5 file, a chunk per frame. Missing frames hold the flag of their type: −1, 2ⁿ−1 or NaN.</summary>
internal sealed class StackOutput : IFrameOutput
{
    private readonly FrameStackWriter _writer;
    private readonly Bslz4Encoder _encoder = new();
    private readonly ImageShape _shape;
    private readonly PixelType _type;
    private readonly byte[] _packed;

    public StackOutput(string path, IFrameInput input, string program, bool overwrite)
    {
        _shape = input.Shape;
        _type = input.Type;
        _packed = GC.AllocateUninitializedArray<byte>(Bslz4Encoder.MaximumLength(_shape.PixelCount, PixelTypes.SizeOf(_type)));
        _writer = new FrameStackWriter(path, _shape, _type, input.FrameCount, program, overwrite);
    }

    /// <inheritdoc/>
    public void Write(in ConvertedFrame frame)
    {
        double time_s = frame.Time is { } time ? (time - DateTimeOffset.UnixEpoch).TotalSeconds : double.NaN;
        _writer.Write(frame.Index, frame.Index, frame.Packed ?? Pack(frame.Plain.Span), time_s, frame.Monitor);
    }

    /// <inheritdoc/>
    public void Finish(IReadOnlyList<int> missing)
    {
        if (missing.Count > 0)
        {
            byte[] flags = new byte[_shape.PixelCount * PixelTypes.SizeOf(_type)];
            Flag(flags);
            Memory<byte> packed = Pack(flags);
            foreach (int index in missing)
            {
                _writer.Write(index, -1, packed, double.NaN, double.NaN);
            }
        }

        _writer.Finish();
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private Memory<byte> Pack(ReadOnlySpan<byte> plain) => _packed.AsMemory(0, _encoder.Encode(plain, PixelTypes.SizeOf(_type), _packed));

    private void Flag(byte[] pixels)
    {
        switch (_type)
        {
            case PixelType.Float32:
                MemoryMarshal.Cast<byte, float>(pixels.AsSpan()).Fill(float.NaN);
                break;
            case PixelType.Float64:
                MemoryMarshal.Cast<byte, double>(pixels.AsSpan()).Fill(double.NaN);
                break;
            default:
                // −1 of signed integers, 2ⁿ−1 of unsigned ones.
                Array.Fill(pixels, byte.MaxValue);
                break;
        }
    }
}
