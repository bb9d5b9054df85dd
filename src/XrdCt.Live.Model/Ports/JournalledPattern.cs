using System.Runtime.InteropServices;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Model.Ports;

/// <summary>
/// One frame as the journal keeps it, and as the scan is assembled from it: what the result holds is a function of the set of these rows,
/// whatever the order in which they came. Nothing in it is divided by the monitor, whose reference is known only when all rows are.
/// Allocated once; a row is filled, handed on and reused.
/// </summary>
public sealed class JournalledPattern
{
    private readonly byte[] _values;

    /// <summary>Allocates a row.</summary>
    /// <param name="binCount">Radial bins, at least 1.</param>
    /// <param name="channelCount">Live channels.</param>
    public JournalledPattern(int binCount, int channelCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(binCount, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(channelCount);
        BinCount = binCount;
        _values = new byte[SizeOf(binCount, channelCount)];
    }

    /// <summary>Identity, time, monitor and positions of the frame.</summary>
    public FrameHeader Header { get; set; }

    /// <summary>Cell of the scan as first placed; the plan may have been found to run otherwise since.</summary>
    public ScanCell Cell { get; set; }

    /// <summary>Radial bins.</summary>
    public int BinCount { get; }

    /// <summary>Intensity per bin before the monitor is divided out, counts; NaN in empty bins.</summary>
    public Span<float> Intensity => Floats[..BinCount];

    /// <summary>Variance of <see cref="Intensity"/>, counts²; NaN in empty bins.</summary>
    public Span<float> Variance => Floats[BinCount..(2 * BinCount)];

    /// <summary>Pixels kept per bin.</summary>
    public Span<int> Count => MemoryMarshal.Cast<byte, int>(_values.AsSpan())[(2 * BinCount)..(3 * BinCount)];

    /// <summary>Values of the live channels before the monitor is divided out; NaN where there is none.</summary>
    public Span<float> ChannelValues => Floats[(3 * BinCount)..];

    /// <summary>All the above values, four bytes each, one after the other in that order, in the machine's byte order.</summary>
    public Span<byte> Values => _values;

    private Span<float> Floats => MemoryMarshal.Cast<byte, float>(_values.AsSpan());

    /// <summary>Bytes of <see cref="Values"/>: 12 per bin and 4 per channel.</summary>
    public static int SizeOf(int binCount, int channelCount) => checked(((3 * binCount) + channelCount) * sizeof(float));
}
