using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MessagePack;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Server.Display;

/// <summary>
/// The wire format of the live page: every message is a MessagePack array <c>[key, body]</c>, the body a map with the
/// names below. Float arrays are <c>bin</c> of little-endian float32; NaN travels as NaN and means "not measured".
/// <c>Display/web/src/protocol.ts</c> is the other side.
/// </summary>
internal static class DisplayMessages
{
    /// <summary>Key of <see cref="ScanDescription"/>.</summary>
    public const string ScanKey = "scan";

    /// <summary>Key of <see cref="LiveState"/>.</summary>
    public const string StateKey = "state";

    /// <summary>Key of <see cref="RoiSuggestion"/>.</summary>
    public const string RoiKey = "roi";

    /// <summary>Key of <see cref="PatternView"/>.</summary>
    public const string PatternKey = "pattern";

    /// <summary>Key of a channel's <see cref="SinogramMap"/>.</summary>
    public static string SinogramKey(string channel) => "sinogram/" + channel;

    /// <summary>Key of a channel's <see cref="SliceMap"/>.</summary>
    public static string SliceKey(string channel) => "slice/" + channel;

    /// <summary>Encodes a scan.</summary>
    public static byte[] Encode(ScanDescription scan) => Message(ScanKey, 512, scan, WriteScan);

    /// <summary>Encodes a state.</summary>
    public static byte[] Encode(LiveState state) => Message(StateKey, 512, state, WriteState);

    /// <summary>Encodes a suggestion.</summary>
    public static byte[] Encode(RoiSuggestion roi) => Message(RoiKey, 512, roi, WriteRoi);

    /// <summary>Encodes patterns.</summary>
    public static byte[] Encode(PatternView patterns) =>
        Message(PatternKey, 128 + (4 * (patterns.Current.Length + patterns.Mean.Length)), patterns, WritePattern);

    /// <summary>Encodes a sinogram.</summary>
    public static byte[] Encode(SinogramMap sinogram) =>
        Message(SinogramKey(sinogram.Channel), 256 + (4 * sinogram.Values.Length), sinogram, WriteSinogram);

    /// <summary>Encodes a slice.</summary>
    public static byte[] Encode(SliceMap slice) =>
        Message(SliceKey(slice.Channel), 256 + (4 * slice.Values.Length), slice, WriteSlice);

    private delegate void BodyWriter<in T>(ref MessagePackWriter writer, T value);

    private static byte[] Message<T>(string key, int sizeHint, T value, BodyWriter<T> body)
    {
        ArrayBufferWriter<byte> buffer = new(sizeHint);
        MessagePackWriter writer = new(buffer);
        writer.WriteArrayHeader(2);
        writer.Write(key);
        body(ref writer, value);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteScan(ref MessagePackWriter writer, ScanDescription scan)
    {
        writer.WriteMapHeader(scan.Slice is null ? 6 : 7);
        Write(ref writer, "title", scan.Title);
        Write(ref writer, "source", scan.Source);
        Write(ref writer, "note", scan.Note);

        writer.Write("plan");
        ScanPlan plan = scan.Plan;
        writer.WriteMapHeader(5);
        Write(ref writer, "translationCount", plan.TranslationCount);
        Write(ref writer, "rotationCount", plan.RotationCount);
        Write(ref writer, "step_um", plan.Step_um);
        Write(ref writer, "range_deg", plan.Range_deg);
        Write(ref writer, "order", plan.Path.Name);

        writer.Write("axis");
        RadialAxis axis = scan.Axis;
        writer.WriteMapHeader(4);
        Write(ref writer, "unit", axis.Unit.ToString());
        Write(ref writer, "lower", axis.Lower);
        Write(ref writer, "step", axis.Step);
        Write(ref writer, "binCount", axis.BinCount);

        writer.Write("channels");
        writer.WriteArrayHeader(scan.Channels.Count);
        foreach (LiveChannel channel in scan.Channels)
        {
            writer.WriteMapHeader(4);
            Write(ref writer, "name", channel.Name);
            Write(ref writer, "kind", channel.Kind.ToString());
            Write(ref writer, "lower", channel.Lower);
            Write(ref writer, "upper", channel.Upper);
        }

        if (scan.Slice is StackSlice slice)
        {
            writer.Write("slice");
            writer.WriteMapHeader(3);
            Write(ref writer, "number", slice.Number);
            Write(ref writer, "count", slice.Count);
            Write(ref writer, "z_um", slice.Z_um);
        }
    }

    private static void WriteState(ref MessagePackWriter writer, LiveState state)
    {
        writer.WriteMapHeader(22);
        Write(ref writer, "phase", state.Phase.ToString());
        Write(ref writer, "message", state.Message);
        Write(ref writer, "cellCount", state.CellCount);
        Write(ref writer, "rate_Hz", state.Rate_Hz);
        Write(ref writer, "latency_ms", state.Latency_ms);
        Write(ref writer, "latency95_ms", state.Latency95_ms);
        Write(ref writer, "lastFrameAge_s", state.LastFrameAge_s);
        Write(ref writer, "elapsed_s", state.Elapsed_s);
        Write(ref writer, "remaining_s", state.Remaining_s);
        Write(ref writer, "framesQueued", state.FramesQueued);
        Write(ref writer, "patternsQueued", state.PatternsQueued);
        Write(ref writer, "volumeProjectionCount", state.VolumeProjectionCount is int count ? count : double.NaN);
        Write(ref writer, "volumeLag_s", state.VolumeLag_s);
        Write(ref writer, "projectionCount", state.ProjectionCount);
        Write(ref writer, "largestGap_deg", state.LargestGap_deg);
        Write(ref writer, "savedPath", state.SavedPath);
        Write(ref writer, "overlapResidual", state.OverlapResidual);
        WriteConfidence(ref writer, state.Confidence, state.Convergence);
        WriteReconstruction(ref writer, state);

        writer.Write("counters");
        FrameCounters counters = state.Counters;
        writer.WriteMapHeader(12);
        Write(ref writer, "received", counters.Received);
        Write(ref writer, "integrated", counters.Integrated);
        Write(ref writer, "placed", counters.Placed);
        Write(ref writer, "missing", counters.Missing);
        Write(ref writer, "duplicate", counters.Duplicate);
        Write(ref writer, "outOfOrder", counters.OutOfOrder);
        Write(ref writer, "malformed", counters.Malformed);
        Write(ref writer, "truncated", counters.Truncated);
        Write(ref writer, "wrongShape", counters.WrongShape);
        Write(ref writer, "foreignSeries", counters.ForeignSeries);
        Write(ref writer, "outsidePlan", counters.OutsidePlan);
        Write(ref writer, "beforeHeader", counters.BeforeHeader);
    }

    private static void WriteConfidence(ref MessagePackWriter writer, SliceConfidence? confidence, IReadOnlyList<ConvergencePoint> curve)
    {
        writer.Write("confidence");
        if (confidence is null)
        {
            writer.WriteNil();
            return;
        }

        writer.WriteMapHeader(6);
        Write(ref writer, "sentence", confidence.Sentence);
        Write(ref writer, "wedge_deg", confidence.Coverage.IsLimitedAngle ? confidence.Coverage.WidestGap_deg : 0);
        Write(ref writer, "halfSetCorrelation", confidence.HalfSetCorrelation);
        Write(ref writer, "noiseToSignal", confidence.NoiseToSignal);
        Write(ref writer, "fractions", [.. curve.Select(p => (float)p.Fraction)]);
        Write(ref writer, "halfSetCorrelations", [.. curve.Select(p => (float)p.HalfSetCorrelation)]);
    }

    private static void WriteReconstruction(ref MessagePackWriter writer, LiveState state)
    {
        Write(ref writer, "axisFromData_px", state.AxisFromData_px);
        Write(ref writer, "reconstructionLag_s", state.ReconstructionLag_s);
        writer.Write("reconstruction");
        if (state.Reconstruction is not { } settings)
        {
            writer.WriteNil();
            return;
        }

        writer.WriteMapHeader(3);
        Write(ref writer, "filter", settings.Filter.Name());
        Write(ref writer, "axis_px", settings.Axis_px ?? double.NaN);
        writer.Write("air");
        writer.Write(settings.Air);
    }

    private static void WriteRoi(ref MessagePackWriter writer, RoiSuggestion roi)
    {
        writer.WriteMapHeader(9);
        Write(ref writer, "explanation", roi.Explanation);
        writer.Write("mayStop");
        writer.Write(roi.Stop.MayStop);
        Write(ref writer, "stopReason", roi.Stop.Sentence);
        Write(ref writer, "fractions", [.. roi.Curve.Select(p => (float)p.Fraction)]);
        Write(ref writer, "scores", [.. roi.Curve.Select(p => (float)p.Score)]);
        Write(ref writer, "scoreSigmas", [.. roi.Curve.Select(p => (float)p.ScoreSigma)]);
        WriteZones(ref writer, roi.Forbidden);
        writer.Write("candidates");
        writer.WriteArrayHeader(roi.Candidates.Count);
        foreach (RoiCandidate candidate in roi.Candidates)
        {
            writer.WriteMapHeader(8);
            Write(ref writer, "x_um", candidate.X_um);
            Write(ref writer, "y_um", candidate.Y_um);
            Write(ref writer, "radius_um", candidate.Radius_um);
            Write(ref writer, "materialFraction", candidate.MaterialFraction);
            Write(ref writer, "edgeDistance_um", candidate.EdgeDistance_um);
            Write(ref writer, "score", candidate.Score);
            Write(ref writer, "scoreSigma", candidate.ScoreSigma);
            writer.Write("terms");
            writer.WriteArrayHeader(candidate.Terms.Count);
            foreach (PlacementTerm term in candidate.Terms)
            {
                writer.WriteMapHeader(4);
                Write(ref writer, "name", term.Name);
                Write(ref writer, "value", term.Value);
                Write(ref writer, "weight", term.Weight);
                Write(ref writer, "finding", term.Finding);
            }
        }
    }

    private static void WriteZones(ref MessagePackWriter writer, ForbiddenZones forbidden)
    {
        Write(ref writer, "zonesRevision", forbidden.Revision);
        writer.Write("zones");
        writer.WriteArrayHeader(forbidden.Zones.Count);
        foreach (ForbiddenZone zone in forbidden.Zones)
        {
            writer.WriteMapHeader(3);
            Write(ref writer, "x_um", zone.X_um);
            Write(ref writer, "y_um", zone.Y_um);
            Write(ref writer, "radius_um", zone.Radius_um);
        }
    }

    private static void WritePattern(ref MessagePackWriter writer, PatternView patterns)
    {
        writer.WriteMapHeader(3);
        Write(ref writer, "frameIndex", patterns.FrameIndex);
        Write(ref writer, "current", patterns.Current);
        Write(ref writer, "mean", patterns.Mean);
    }

    private static void WriteSinogram(ref MessagePackWriter writer, SinogramMap sinogram)
    {
        writer.WriteMapHeader(4);
        Write(ref writer, "channel", sinogram.Channel);
        Write(ref writer, "rotationCount", sinogram.RotationCount);
        Write(ref writer, "translationCount", sinogram.TranslationCount);
        Write(ref writer, "values", sinogram.Values);
    }

    private static void WriteSlice(ref MessagePackWriter writer, SliceMap slice)
    {
        writer.WriteMapHeader(5);
        Write(ref writer, "channel", slice.Channel);
        Write(ref writer, "size", slice.Size);
        Write(ref writer, "pixelSize_um", slice.PixelSize_um);
        Write(ref writer, "projectionCount", slice.ProjectionCount);
        Write(ref writer, "values", slice.Values);
    }

    private static void Write(ref MessagePackWriter writer, string name, string? value)
    {
        writer.Write(name);
        writer.Write(value);
    }

    private static void Write(ref MessagePackWriter writer, string name, long value)
    {
        writer.Write(name);
        writer.Write(value);
    }

    private static void Write(ref MessagePackWriter writer, string name, double value)
    {
        writer.Write(name);
        writer.Write(value);
    }

    private static void Write(ref MessagePackWriter writer, string name, float[] values)
    {
        writer.Write(name);
        writer.WriteBinHeader(values.Length * sizeof(float));
        Span<byte> bytes = writer.GetSpan(values.Length * sizeof(float))[..(values.Length * sizeof(float))];
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(values.AsSpan()).CopyTo(bytes);
        }
        else
        {
            for (int i = 0; i < values.Length; i++)
            {
                BinaryPrimitives.WriteSingleLittleEndian(bytes[(i * sizeof(float))..], values[i]);
            }
        }

        writer.Advance(bytes.Length);
    }
}
