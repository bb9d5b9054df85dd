using System.Buffers.Binary;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>Lends frames of one value and keeps count of those that have not come back.</summary>
internal sealed class CountedLeases
{
    private int _live;
    private int _most;

    /// <summary>Frames that somebody holds.</summary>
    public int Live => Volatile.Read(ref _live);

    /// <summary>Most frames that were held at once.</summary>
    public int Most => Volatile.Read(ref _most);

    /// <summary>A frame whose pixels all have the value index + 1; all but every third tell a transmission.</summary>
    public RawFrame Frame(int index, long series = 1)
    {
        byte[] bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, index + 1);
        int live = Interlocked.Increment(ref _live);
        for (int most = Most; live > most; most = Most)
        {
            Interlocked.CompareExchange(ref _most, live, most);
        }

        return new RawFrame
        {
            Header = new FrameHeader { SeriesId = series, Index = index, AcquiredAt = default, Monitor = double.NaN, Transmission = index % 3 == 0 ? null : 1 - (0.001 * index) },
            Shape = SmallScan.Shape,
            Type = PixelType.Int32,
            Encoding = PixelEncoding.None,
            Lease = new Lease(this, bytes),
            PayloadOffset = 0,
            PayloadLength = bytes.Length,
        };
    }

    private sealed class Lease(CountedLeases owner, byte[] bytes) : FrameLease
    {
        private int _returned;

        public override ReadOnlySpan<byte> Bytes =>
            _returned == 0 ? bytes : throw new ObjectDisposedException(nameof(Lease), "given back already");

        public override void Dispose()
        {
            if (Interlocked.Exchange(ref _returned, 1) == 1)
            {
                throw new InvalidOperationException("a frame was given back twice");
            }

            Interlocked.Decrement(ref owner._live);
        }
    }
}
