namespace XrdCt.Live.Simulator.Streaming;

/// <summary>A few frames packed beforehand and sent over and over, so that a receiver can be driven as fast as it goes.</summary>
internal sealed class CycledFrames : IFrameSupply
{
    private readonly FrameEncoder _encoder;
    private readonly IReadOnlyList<Delivery> _deliveries;
    private readonly EncodedFrame[] _packed;
    private int _next;

    /// <summary>Packs the frames.</summary>
    public CycledFrames(FrameEncoder encoder, IReadOnlyList<Delivery> deliveries, int count)
    {
        _encoder = encoder;
        _deliveries = deliveries;
        _packed = [.. Enumerable.Range(0, count).Select(i => encoder.Make(new Delivery(i, DeliveryKind.Good)))];
    }

    /// <inheritdoc/>
    public TimeSpan MeanTime => _encoder.Busy / Math.Max(1, _encoder.FrameCount);

    /// <inheritdoc/>
    public EncodedFrame? Next(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (_next == _deliveries.Count)
        {
            return null;
        }

        Delivery delivery = _deliveries[_next++];
        return _encoder.Repeat(_packed[delivery.Index % _packed.Length], delivery);
    }

    public void Dispose()
    {
        foreach (EncodedFrame frame in _packed)
        {
            frame.Dispose();
        }
    }
}
