using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using XrdCt.Live.Compute.Guidance;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Model.Stages;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Server.Placement;
using XrdCt.Live.Server.Steering;
using XrdCt.Live.Storage.Sinograms;

namespace XrdCt.Live.Server.Commands;

/// <summary><c>xrdct roi</c>: where region-of-interest scans belong in a coarse scan.</summary>
internal sealed class RoiCommand
{
    private const int MostPlaces = 100;
    private const int MostHeights = 10_000;

    private static readonly JsonSerializerOptions Json = new(JsonText.Indented) { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly Argument<string> _file = new("file") { Description = "Coarse scan: scan file, slices, nDTomo or any HDF5 sinogram, also as FILE::/dataset" };
    private readonly Option<double?> _radius_um = new("--radius-um") { Description = "Radius of the field of view, µm [default: roi.radius_um of --config]" };
    private readonly Option<int?> _count = new("--count") { Description = "How many places, which do not overlap [default: guidance.count of --config, or 3]" };
    private readonly Option<string?> _config = new("--config") { Description = "Configuration with the sections guidance and roi: weights, zones, reach" };
    private readonly Option<string[]> _forbid = new("--forbid") { Description = "X,Y,R of a disc that no field of view may touch, µm; can be repeated" };
    private readonly Option<bool> _ignoreZones = new("--ignore-zones") { Description = "Leave out the forbidden zones that stand in the scan file: those that were drawn or configured when it was measured" };
    private readonly Option<string?> _channel = new("--channel") { Description = "Live channel that stands for the material [default: roi.channel of --config, or the first one]" };
    private readonly Option<string?> _window = new("--window") { Description = "LOWER,UPPER in the radial unit: the mean of these bins stands for the material" };
    private readonly Option<string?> _heights_um = new("--heights-um") { Description = "Heights of the ROI scans above the coarse scan, µm, separated by commas: each place at each height", DefaultValueFactory = _ => "0" };
    private readonly Option<double?> _step_um = new("--step-um") { Description = "Step of the ROI scans, µm [default: roi.scan.step_um of --config, or 1]" };
    private readonly Option<int?> _rotations = new("--rotations") { Description = "Rotations of the ROI scans [default: roi.scan.rotations of --config, or 250]" };
    private readonly Option<double?> _frame_ms = new("--frame-ms") { Description = "Time from one frame to the next, ms [default: that of roi.scan.rate_Hz of --config, or 10]" };
    private readonly Option<string?> _plan = new("--plan") { Description = "Folder for each scan's configuration (roi_N.yml for xrdct run) and macros to paste (roi_N.py for BLISS, roi_N.mac for SPEC); needs --config" };
    private readonly Option<string?> _png = new("--png") { Description = "Picture of the slice with the fields of view" };
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace files that exist" };
    private readonly Option<bool> _json = new("--json") { Description = "All of it as one JSON object on standard output, nothing else" };
    private readonly SinogramOptionSet _sinogram = new();

    public Command Build()
    {
        var command = new Command("roi", "Rank places for region-of-interest scans in a coarse scan, and list the scans with the moves of the stages");
        command.Arguments.Add(_file);
        foreach (Option option in new Option[]
        {
            _radius_um, _count, _config, _forbid, _ignoreZones, _channel, _window, _heights_um, _step_um, _rotations, _frame_ms, _plan, _png, _overwrite, _json,
        })
        {
            command.Options.Add(option);
        }

        _sinogram.AddAxesTo(command);
        command.SetAction((parsed, stop) => Task.Factory.StartNew(
            () => Run(parsed, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        string location = parsed.GetValue(_file)!;
        if (!File.Exists(SinogramFile.FileOf(location)))
        {
            throw UserException.WrongUse($"{SinogramFile.FileOf(location)} does not exist");
        }

        string? png = parsed.GetValue(_png);
        if (png is not null && File.Exists(png) && !parsed.GetValue(_overwrite))
        {
            throw new UserException($"{png} exists: choose another --png, or --overwrite");
        }

        string? configPath = parsed.GetValue(_config);
        BeamlineConfiguration configuration = configPath is null ? new BeamlineConfiguration() : ConfigurationFile.Read(configPath);
        bool hasWindow = parsed.GetValue(_window) is not null;
        string? channel = parsed.GetValue(_channel) ?? (hasWindow ? null : configuration.Roi?.Channel);
        if (parsed.GetValue(_channel) is not null && hasWindow)
        {
            throw UserException.WrongUse("--channel and --window both say what stands for the material: leave one of them out");
        }

        double[] heights_um = Numbers(parsed.GetValue(_heights_um)!, "--heights-um", "heights in µm, such as -2,0,2");
        if (heights_um.Length > MostHeights)
        {
            throw UserException.WrongUse($"--heights-um names {heights_um.Length} heights, at most {MostHeights} are possible");
        }

        // Checked before the file is read; the name of the channel is known after it.
        string source = configPath ?? "command line";
        SetScan(parsed, configuration);
        PlacementRules rules = Rules(parsed, configuration, channel ?? CoarseFile.Total, source);
        _ = StagesSetUp.Plan(configuration, source, number: 1, place_um: (0, 0), axis_um: 0);
        RoiFiles? files = parsed.GetValue(_plan) is not { } folder ? null
            : configPath is null ? throw UserException.WrongUse("--plan writes configurations like that of the coarse scan: name it with --config")
            : new RoiFiles(folder, configuration, configPath, SinogramFile.FileOf(location));
        try
        {
            (double Low, double High)? window = hasWindow ? Window(parsed.GetValue(_window)!) : null;
            CoarseFile coarse = CoarseFile.Read(location, _sinogram.Reading(parsed, dataset: null), channel, window, isShown: !parsed.GetValue(_json), stop);
            PlacementView view = coarse.View;
            if (files is not null && coarse.IsVolume)
            {
                throw UserException.WrongUse($"{location} holds slices, and ROI scans are completed with the coarse scan itself: name its file for --plan");
            }

            ForbiddenZone[] ofFile = parsed.GetValue(_ignoreZones) ? [] : [.. coarse.Zones.Except(rules.Forbidden)];
            rules = rules with
            {
                Phases = [rules.Phases[0] with { Channel = view.Phases[0].Slice.Channel }, .. rules.Phases.Skip(1)],
                Forbidden = [.. rules.Forbidden, .. ofFile],
            };
            RoiRanking ranking = new PlacementSearch(rules).Rank(view);
            if (ranking.Candidates.Count == 0)
            {
                throw new UserException($"{location}: {ranking.Sentence}{(ofFile.Length > 0 ? $"; {Say(ofFile)}" : "")}");
            }

            if (png is not null)
            {
                using FileStream stream = new(png, parsed.GetValue(_overwrite) ? FileMode.Create : FileMode.CreateNew);
                new SlicePicture(view.Phases[0].Slice, ranking.Candidates, rules.Forbidden).Write(stream);
            }

            IReadOnlyList<RoiScanPlan> plans = Plans(configuration, source, ranking.Candidates, heights_um, coarse.Axis_um);
            files?.Write(plans, parsed.GetValue(_overwrite));
            Report(parsed, ranking, plans, rules.Forbidden, ofFile);
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException)
        {
            throw new UserException(SetUp.Sentence(e), e);
        }
        catch (OperationCanceledException e)
        {
            throw new UserException("stopped before the end: there is no result", e);
        }
    }

    private PlacementRules Rules(ParseResult parsed, BeamlineConfiguration configuration, string channel, string file)
    {
        double radius_um = parsed.GetValue(_radius_um) ?? configuration.Roi?.Radius_um
            ?? throw UserException.WrongUse("how large is the field of view? Say --radius-um R, or name a configuration with roi.radius_um by --config");
        if (!(radius_um > 0) || !double.IsFinite(radius_um))
        {
            throw UserException.WrongUse(FormattableString.Invariant($"the radius of the field of view must be above 0 µm, not {radius_um}"));
        }

        if (parsed.GetValue(_count) is int count)
        {
            configuration.Guidance.Count = count is >= 1 and <= MostPlaces ? count : throw UserException.WrongUse($"--count must be 1 to {MostPlaces}, not {count}");
        }

        foreach (string zone in parsed.GetValue(_forbid) ?? [])
        {
            configuration.Guidance.Forbidden_um.Add(Numbers(zone, "--forbid", "X,Y,R in µm, such as -120,35,50") is { Length: 3 } numbers && numbers[2] >= 0
                ? numbers
                : throw UserException.WrongUse($"--forbid must be X,Y,R in µm, such as -120,35,50, not '{zone}'"));
        }

        return GuidanceSetUp.Rules(configuration, radius_um, channel, file);
    }

    // What neither the command line nor the configuration says is that of the paper: 1 µm steps over the field of view, 250 rotations.
    private void SetScan(ParseResult parsed, BeamlineConfiguration configuration)
    {
        configuration.Roi ??= new RoiSection();
        RoiScanSection scan = configuration.Roi.Scan ??= new RoiScanSection();
        if (parsed.GetValue(_radius_um) is { } said_um)
        {
            configuration.Roi.Radius_um = said_um;
            scan.Translations = null;
        }

        if (parsed.GetValue(_step_um) is { } step_um)
        {
            scan.Step_um = Above0(step_um, "--step-um");
            scan.Translations = null;
        }

        scan.Rotations = parsed.GetValue(_rotations) is { } rotations ? (int)Above0(rotations, "--rotations") : scan.Rotations ?? 250;
        scan.Rate_Hz = parsed.GetValue(_frame_ms) is { } frame_ms ? 1000 / Above0(frame_ms, "--frame-ms") : scan.Rate_Hz ?? 100;
        scan.Step_um ??= 1;
        double radius_um = configuration.Roi.Radius_um ?? scan.Step_um.Value;
        double across = (2 * Math.Floor(radius_um / scan.Step_um.Value)) + 1;
        scan.Translations ??= across is >= 3 and <= int.MaxValue ? (int)across : 3;
    }

    private static double Above0(double value, string option) => value > 0 && double.IsFinite(value)
        ? value
        : throw UserException.WrongUse(FormattableString.Invariant($"{option} must be above 0, not {value}"));

    // All heights of a place, then the next place; every other place from the top down, which saves the way back.
    private static List<RoiScanPlan> Plans(BeamlineConfiguration configuration, string file, IReadOnlyList<RoiCandidate> candidates, double[] heights_um, double axis_um)
    {
        List<RoiScanPlan> plans = [];
        for (int rank = 0; rank < candidates.Count; rank++)
        {
            foreach (double z_um in rank % 2 == 0 ? heights_um.Order() : heights_um.OrderDescending())
            {
                (double X_um, double Y_um) place_um = (candidates[rank].X_um, candidates[rank].Y_um);
                plans.Add(StagesSetUp.Plan(configuration, file, plans.Count + 1, place_um, axis_um) with { Rank = rank + 1, Z_um = z_um });
            }
        }

        return plans;
    }

    private static (double Low, double High) Window(string text) =>
        Numbers(text, "--window", "LOWER,UPPER in the radial unit") is [var low, var high] && low < high
            ? (low, high)
            : throw UserException.WrongUse($"--window must be LOWER,UPPER in the radial unit, not '{text}'");

    private static double[] Numbers(string text, string option, string what)
    {
        List<double> numbers = [];
        foreach (string part in text.Split(','))
        {
            numbers.Add(double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
                ? number
                : throw UserException.WrongUse($"{option} must be {what}, not '{text}'"));
        }

        return [.. numbers];
    }

    private void Report(ParseResult parsed, RoiRanking ranking, IReadOnlyList<RoiScanPlan> plans, IReadOnlyList<ForbiddenZone> forbidden, ForbiddenZone[] ofFile)
    {
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            AngularCoverage? c = ranking.Coverage;
            output.WriteLine(JsonSerializer.Serialize(
                new
                {
                    ranking.Sentence,
                    Candidates = ranking.Candidates,
                    Forbidden = forbidden.Select(z => new { z.X_um, z.Y_um, z.Radius_um, FromFile = ofFile.Contains(z) }),
                    Projections = c?.ProjectionCount,
                    WidestGapDeg = c?.WidestGap_deg,
                    Scans = plans.Select(p => new
                    {
                        p.Number,
                        p.Rank,
                        XUm = p.X_um,
                        YUm = p.Y_um,
                        ZUm = p.Z_um,
                        MoveXUm = 0 - p.X_um,
                        MoveYUm = 0 - p.Y_um,
                        Moves = p.Moves.Select(m => new { Motor = m.Motor.Name, ByMm = m.By_mm, ToMm = m.To_mm, ViaMm = m.Via_mm }),
                        p.FrameCount,
                        DurationS = p.Duration_s,
                        p.Obstacle,
                    }),
                    DurationS = plans.Sum(p => p.Duration_s),
                },
                Json));
            return;
        }

        output.WriteLine(ranking.Sentence);
        if (ofFile.Length > 0)
        {
            output.WriteLine(Say(ofFile));
        }

        for (int i = 0; i < ranking.Candidates.Count; i++)
        {
            RoiCandidate c = ranking.Candidates[i];
            string sigma = double.IsFinite(c.ScoreSigma) ? FormattableString.Invariant($" ± {c.ScoreSigma:F4}") : "";
            output.WriteLine(FormattableString.Invariant($"{i + 1}. x = {c.X_um:F0} µm, y = {c.Y_um:F0} µm: score {c.Score:F3}{sigma}"));
            foreach (PlacementTerm term in c.Terms)
            {
                output.WriteLine(FormattableString.Invariant($"     {term.Contribution:F3} of {term.Weight:F3}  {term.Name}: {term.Finding}"));
            }
        }

        output.WriteLine(FormattableString.Invariant($"{plans.Count} scans, {plans.Sum(p => p.Duration_s) / 60:F1} min:"));
        foreach (RoiScanPlan p in plans)
        {
            string moves = p.Moves.Count == 0 ? FormattableString.Invariant($"move the sample by ({0 - p.X_um:F1}, {0 - p.Y_um:F1}) µm") : string.Join(", ", p.Moves.Select(Move));
            string obstacle = p.Obstacle is { } why ? $"; NOT POSSIBLE: {why}" : "";
            output.WriteLine(FormattableString.Invariant($"  {p.Number}: place {p.Rank} at z = {p.Z_um:0.##} µm: {moves}; {p.FrameCount} frames, {p.Duration_s:F0} s{obstacle}"));
        }

        if (parsed.GetValue(_plan) is { } folder)
        {
            output.WriteLine(Path.GetFullPath(folder));
        }

        if (parsed.GetValue(_png) is { } png)
        {
            output.WriteLine(Path.GetFullPath(png));
        }
    }

    private static string Say(ForbiddenZone[] ofFile) => $"forbidden zones of the file: {ForbiddenZones.Describe(ofFile)} (--ignore-zones leaves them out)";

    private static string Move(MotorMove move) => move.To_mm is { } to_mm
        ? FormattableString.Invariant($"{move.Motor.Name} to {MacroText.Number(to_mm)} mm{(move.Via_mm is { } via_mm ? $" by way of {MacroText.Number(via_mm)}" : "")}")
        : FormattableString.Invariant($"{move.Motor.Name} by {MacroText.Number(move.By_mm)} mm{(move.Beyond_mm != 0 ? $" by way of {MacroText.Number(move.By_mm + move.Beyond_mm)}" : "")}");
}
