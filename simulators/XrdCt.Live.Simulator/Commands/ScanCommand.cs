using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Egress.ZeroMq;
using XrdCt.Live.Phantoms.Experiment;
using XrdCt.Live.Simulator.Beamline;
using XrdCt.Live.Simulator.Files;
using XrdCt.Live.Simulator.Sources;
using XrdCt.Live.Simulator.Streaming;

namespace XrdCt.Live.Simulator.Commands;

/// <summary><c>xrdct-sim scan</c>: streams a scan as a detector would.</summary>
internal sealed class ScanCommand
{
    private readonly SendOptions _send = new();
    private readonly PlanOptions _plan = new();
    private readonly StackOptions _stack = new();
    private readonly FaultSwitches _faults = new();
    private readonly ReadingSwitches _readings = new();
    private readonly TangoSwitches _tango = new();

    private readonly Option<int?> _die = new("--die-at")
    {
        Description = "Stop before the frame of this index, without an end message",
    };

    private readonly Option<FileInfo?> _writePoni = new("--write-poni")
    {
        Description = "Write the geometry for the processor (PONI version 2) before the scan",
    };

    private readonly Option<FileInfo?> _writeMask = new("--write-mask")
    {
        Description = "Write the mask (gaps, bad pixels, beam stop; 1 = masked) before the scan, .npy or .edf",
    };

    public Command Build()
    {
        Command command = new(
            "scan", "Stream a simulated XRD-CT scan: full-size Pilatus frames, bitshuffle-LZ4, DECTRIS Stream V2");
        foreach (Option option in _send.All.Concat([_writePoni, _writeMask]).Concat(_plan.All).Concat(_stack.All).Concat(_faults.All).Concat(_readings.All).Concat(_tango.All).Append(_die))
        {
            command.Options.Add(option);
        }

        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        FaultOptions faults = _faults.Options(result) with { DieAt = result.GetValue(_die) };
        StreamOptions options = _send.Options(result, _plan.Seed(result), faults);
        _tango.Exclude(result, (_readings.Name, _readings.IsGiven(result)), (_stack.Name, _stack.IsGiven(result)), (_plan.JitterName, _plan.HasJitter(result)));
        using TangoScan? driven = _tango.Open(result, _plan.Plan(result), options.Rate_Hz);
        VirtualExperiment experiment = _plan.Experiment(result, driven?.SampleShift ?? default, driven is null ? null : driven.BeamOf);
        using ReadingSender? readings = _readings.Open(result, options);
        options = options with { Readings = readings, Exposures = driven };
        WriteCompanions(result, experiment);
        PushSink sink = _send.Open(result);
        using StreamRun run = new(_send.Endpoint(result), sink);
        IReadOnlyList<Func<IFrameSource>> series = driven is null
            ? _stack.Series(result, experiment)
            : [() => new BeamlineSource(new PhantomSource(experiment), driven.WaitForLine)];
        List<SeriesSummary> summaries = [];
        for (int k = 0; k < series.Count && summaries is not [.., { Stopped: true }]; k++)
        {
            using SeriesStreamer streamer = Streamer(series[k](), experiment, options with { SeriesId = options.SeriesId + k }, sink);
            summaries.Add(driven is null ? run.Send(streamer) : Send(streamer, run, driven, options.Timeout));
        }

        bool isDelivered = (readings?.Finish() ?? true) & run.Drain(options.Timeout);
        if (_send.IsJson(result))
        {
            Console.WriteLine(series.Count == 1
                ? JsonSerializer.Serialize(summaries[0], SummaryJson.Default.SeriesSummary)
                : JsonSerializer.Serialize([.. summaries], SummaryJson.Default.SeriesSummaryArray));
        }
        else
        {
            summaries.ForEach(summary => SeriesReport.Write(_send.Endpoint(result), summary));
        }

        return isDelivered ? 0 : throw run.Undelivered(options.Timeout);
    }

    /// <summary>Streams a series whose stages are driven, and ends it on them, whatever happens.</summary>
    /// <exception cref="BeamlineException">The beamline has failed; the receiver has the end message.</exception>
    private static SeriesSummary Send(SeriesStreamer streamer, StreamRun run, TangoScan driven, TimeSpan patience)
    {
        try
        {
            SeriesSummary summary = run.Send(streamer);
            driven.End(isHurried: summary.Stopped);
            return summary;
        }
        catch (BeamlineException)
        {
            // Says what is known of the stages too, where it has not been said.
            run.Drain(patience);
            driven.End(isHurried: true);
            throw;
        }
        finally
        {
            // Frames that are being made wait for their line: they must learn that it will not come.
            driven.Dispose();
        }
    }

    private static SeriesStreamer Streamer(IFrameSource frames, VirtualExperiment experiment, StreamOptions options, PushSink sink)
    {
        StreamDialect dialect = StreamDialects.All[0];
        SeriesInfo detector = VirtualDetector.Describe(experiment.Detector.Geometry);
        try
        {
            return new SeriesStreamer(frames, detector, options, dialect, dialect.NewWriter(), sink);
        }
        catch (ArgumentException e)
        {
            throw UsageException.From(e);
        }
    }

    private void WriteCompanions(ParseResult result, VirtualExperiment experiment)
    {
        if (result.GetValue(_writePoni) is { } poni)
        {
            PoniFile.Write(poni.FullName, experiment.Detector.Geometry);
        }

        if (result.GetValue(_writeMask) is { } mask)
        {
            Model.Geometry.PixelMask pixels = experiment.Detector.Mask;
            ImageFile.Write<byte>(
                mask.FullName, pixels.Shape.Rows, pixels.Shape.Columns, MemoryMarshal.AsBytes(pixels.Masked));
        }
    }
}
