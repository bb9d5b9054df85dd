using System.Buffers;
using System.Diagnostics;
using XrdCt.Live.Egress.Encoding;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Phantoms.Detector;
using XrdCt.Live.Phantoms.Experiment;

namespace XrdCt.Live.Simulator.Streaming;

/// <summary>Renders and compresses frames, block by block. Not thread-safe: one instance per worker.</summary>
internal sealed class FrameEncoder(VirtualExperiment experiment) : IPixelBlocks
{
    private readonly FrameRenderer _renderer = new(experiment);
    private readonly Bslz4Encoder _encoder = new();

    /// <summary>Frames made.</summary>
    public int FrameCount { get; private set; }

    /// <summary>Time spent on making them.</summary>
    public TimeSpan Busy { get; private set; }

    /// <inheritdoc/>
    public void Read(int block, Span<int> pixels) => _renderer.RenderBlock(block, pixels);

    public EncodedFrame Make(Delivery delivery)
    {
        long started = Stopwatch.GetTimestamp();
        ImageShape shape = experiment.Detector.Geometry.Shape;
        if (delivery.Kind == DeliveryKind.WrongSize)
        {
            shape = shape with { Rows = shape.Rows / 2 };
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(Bslz4Encoder.MaximumLength(shape.PixelCount));
        _renderer.Begin(delivery.Index);
        int length = _encoder.Encode(this, shape.PixelCount, buffer);
        if (delivery.Kind == DeliveryKind.Truncated)
        {
            length /= 2;
        }

        FrameCount++;
        Busy += Stopwatch.GetElapsedTime(started);
        return new EncodedFrame(delivery, shape, buffer, length);
    }
}
