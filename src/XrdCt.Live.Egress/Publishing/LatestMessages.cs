using System.Buffers;
using MessagePack;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Egress.Publishing;

/// <summary>Bodies of the <c>latest/…</c> messages and of <c>every/end</c>. Keys and units: docs/streams.md.</summary>
/// <param name="scanId">Name of the scan.</param>
/// <param name="acquiredAt">End of exposure of the newest frame; null before the first.</param>
/// <param name="now">Time of publication.</param>
internal readonly struct LatestMessages(string scanId, DateTimeOffset? acquiredAt, DateTimeOffset now)
{
    public void Write(ref MessagePackWriter writer, ScanDescription scan, int everyPort, int requestPort, long heldPatterns)
    {
        ScanPlan plan = scan.Plan;
        RadialAxis axis = scan.Axis;
        writer.Begin(scan.Slice is null ? 9 : 10, scanId, acquiredAt, now);
        writer.Write("title"u8, scan.Title);
        writer.Write("source"u8, scan.Source);
        writer.Write("note"u8, scan.Note);
        writer.Write("every_port"u8, everyPort);
        writer.Write("request_port"u8, requestPort);
        writer.Write("held_patterns"u8, heldPatterns);

        writer.WriteString("plan"u8);
        writer.WriteMapHeader(7);
        writer.Write("translations"u8, plan.TranslationCount);
        writer.Write("rotations"u8, plan.RotationCount);
        writer.Write("cells"u8, plan.CellCount);
        writer.Write("step_um"u8, plan.Step_um);
        writer.Write("range_deg"u8, plan.Range_deg);
        writer.Write("order"u8, plan.Path.Name);
        writer.Write("subsets"u8, plan.Subsets.Count);

        writer.WriteString("axis"u8);
        writer.WriteMapHeader(4);
        writer.Write("radial_unit"u8, RadialUnits.NameOf(axis.Unit));
        writer.Write("lower"u8, axis.Lower);
        writer.Write("step"u8, axis.Step);
        writer.Write("bins"u8, axis.BinCount);

        writer.WriteString("channels"u8);
        writer.WriteArrayHeader(scan.Channels.Count);
        foreach (LiveChannel channel in scan.Channels)
        {
            writer.WriteMapHeader(4);
            writer.Write("name"u8, channel.Name);
            writer.Write("kind"u8, channel.Kind.ToString().ToLowerInvariant());
            writer.Write("lower"u8, channel.Lower);
            writer.Write("upper"u8, channel.Upper);
        }

        if (scan.Slice is StackSlice slice)
        {
            writer.WriteString("slice"u8);
            writer.WriteMapHeader(3);
            writer.Write("number"u8, slice.Number);
            writer.Write("count"u8, slice.Count);
            writer.Write("z_um"u8, slice.Z_um);
        }
    }

    public void Write(ref MessagePackWriter writer, LiveState state, long patternCount)
    {
        FrameCounters counters = state.Counters;
        writer.Begin(16, scanId, acquiredAt, now);
        writer.Write("phase"u8, NameOf(state.Phase));
        writer.Write("message"u8, state.Message);
        writer.Write("cells"u8, state.CellCount);
        writer.Write("pattern_count"u8, patternCount);
        writer.Write("rate_Hz"u8, state.Rate_Hz);
        writer.Write("latency_ms"u8, state.Latency_ms);
        writer.Write("latency95_ms"u8, state.Latency95_ms);
        writer.Write("last_frame_age_s"u8, state.LastFrameAge_s);
        writer.Write("elapsed_s"u8, state.Elapsed_s);
        writer.Write("remaining_s"u8, state.Remaining_s);
        writer.Write("frames_queued"u8, state.FramesQueued);
        writer.Write("patterns_queued"u8, state.PatternsQueued);
        writer.Write("projections"u8, state.ProjectionCount);
        writer.Write("largest_gap_deg"u8, state.LargestGap_deg);
        writer.Write("saved_path"u8, state.SavedPath);

        writer.WriteString("counters"u8);
        writer.WriteMapHeader(12);
        writer.Write("received"u8, counters.Received);
        writer.Write("integrated"u8, counters.Integrated);
        writer.Write("placed"u8, counters.Placed);
        writer.Write("missing"u8, counters.Missing);
        writer.Write("duplicate"u8, counters.Duplicate);
        writer.Write("out_of_order"u8, counters.OutOfOrder);
        writer.Write("malformed"u8, counters.Malformed);
        writer.Write("truncated"u8, counters.Truncated);
        writer.Write("wrong_shape"u8, counters.WrongShape);
        writer.Write("foreign_series"u8, counters.ForeignSeries);
        writer.Write("outside_plan"u8, counters.OutsidePlan);
        writer.Write("before_header"u8, counters.BeforeHeader);
    }

    public void Write(ref MessagePackWriter writer, SinogramMap sinogram)
    {
        writer.Begin(3, scanId, acquiredAt, now);
        writer.Write("channel"u8, sinogram.Channel);
        writer.Write("unit"u8, "counts"u8);
        writer.Write("values"u8, sinogram.Values, sinogram.RotationCount, sinogram.TranslationCount);
    }

    public void Write(ref MessagePackWriter writer, SliceMap slice)
    {
        writer.Begin(5, scanId, acquiredAt, now);
        writer.Write("channel"u8, slice.Channel);
        writer.Write("unit"u8, "counts"u8);
        writer.Write("pixel_size_um"u8, slice.PixelSize_um);
        writer.Write("projections"u8, slice.ProjectionCount);
        writer.Write("values"u8, slice.Values, slice.Size, slice.Size);
    }

    public void Write(ref MessagePackWriter writer, PatternView patterns, RadialUnit unit)
    {
        writer.Begin(5, scanId, acquiredAt, now);
        writer.Write("frame_index"u8, patterns.FrameIndex);
        writer.Write("radial_unit"u8, RadialUnits.NameOf(unit));
        writer.Write("intensity_unit"u8, "counts"u8);
        writer.Write("current"u8, patterns.Current, patterns.Current.Length);
        writer.Write("mean"u8, patterns.Mean, patterns.Mean.Length);
    }

    public void Write(ref MessagePackWriter writer, RoiSuggestion roi)
    {
        writer.Begin(5, scanId, acquiredAt, now);
        writer.Write("explanation"u8, roi.Explanation);
        writer.WriteString("may_stop"u8);
        writer.Write(roi.Stop.MayStop);
        writer.Write("stop_reason"u8, roi.Stop.Sentence);
        writer.WriteString("candidates"u8);
        writer.WriteArrayHeader(roi.Candidates.Count);
        foreach (RoiCandidate candidate in roi.Candidates)
        {
            writer.WriteMapHeader(7);
            writer.Write("x_um"u8, candidate.X_um);
            writer.Write("y_um"u8, candidate.Y_um);
            writer.Write("radius_um"u8, candidate.Radius_um);
            writer.Write("material_fraction"u8, candidate.MaterialFraction);
            writer.Write("edge_distance_um"u8, candidate.EdgeDistance_um);
            writer.Write("score"u8, candidate.Score);
            writer.Write("score_sigma"u8, candidate.ScoreSigma);
        }

        writer.WriteString("forbidden"u8);
        writer.WriteArrayHeader(roi.Forbidden.Zones.Count);
        foreach (ForbiddenZone zone in roi.Forbidden.Zones)
        {
            writer.WriteMapHeader(3);
            writer.Write("x_um"u8, zone.X_um);
            writer.Write("y_um"u8, zone.Y_um);
            writer.Write("radius_um"u8, zone.Radius_um);
        }
    }

    public byte[] End(LiveState state, long patternCount)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.Begin(4, scanId, acquiredAt, now);
        writer.Write("pattern_count"u8, patternCount);
        writer.Write("phase"u8, NameOf(state.Phase));
        writer.Write("message"u8, state.Message);
        writer.Write("saved_path"u8, state.SavedPath);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static string NameOf(ScanPhase phase) => phase.ToString().ToLowerInvariant();
}
