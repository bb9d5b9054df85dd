using XrdCt.Live.Egress.Encoding;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Phantoms.Detector;
using XrdCt.Live.Phantoms.Experiment;

namespace XrdCt.Live.Simulator.Sources;

/// <summary>The frames of a scan of the phantom, made when they are asked for.</summary>
/// <param name="experiment">The scan.</param>
public sealed class PhantomSource(VirtualExperiment experiment) : IFrameSource
{
    /// <inheritdoc/>
    public ImageShape Shape => experiment.Detector.Geometry.Shape;

    /// <inheritdoc/>
    public PixelType Type => PixelType.Int32;

    /// <inheritdoc/>
    public int FrameCount => experiment.Plan.CellCount;

    /// <inheritdoc/>
    public FrameFacts FactsOf(int index)
    {
        ScanCell cell = experiment.Plan.CellOf(index);
        return new FrameFacts(
            experiment.MonitorOf(index),
            experiment.Stage_um(cell) / 1000,
            experiment.Plan.Angle_deg(cell.Rotation))
        {
            Transmission = experiment.Attenuation_perMm > 0 ? experiment.TransmissionOf(cell) : null,
        };
    }

    /// <inheritdoc/>
    public IFrameReader NewReader() => new Reader(new FrameRenderer(experiment));

    private sealed class Reader(FrameRenderer renderer) : IFrameReader, IBlockReader
    {
        public void Read(int index, Span<int> pixels) => renderer.Render(index, pixels);

        public void Begin(int index) => renderer.Begin(index);

        void IPixelBlocks.Read(int block, Span<int> pixels) => renderer.RenderBlock(block, pixels);
    }
}
