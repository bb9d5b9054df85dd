using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Ingest.Recording;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Server.Conversion;
using XrdCt.Live.Storage.Sinograms;
using XrdCt.Live.Storage.Stacks;
using XrdCt.Live.Storage.Volumes;

namespace XrdCt.Live.Server.Commands;

/// <summary><c>xrdct info</c>: what a file is.</summary>
internal sealed class InfoCommand
{
    private readonly Argument<string> _file = new("file") { Description = "Scan file, sinogram (FILE or FILE::/dataset), slices, stack of frames, or recording" };
    private readonly SinogramOptionSet _sinogram = new();
    private readonly Option<bool> _json = new("--json") { Description = "As one JSON object on standard output, nothing else" };

    public Command Build()
    {
        var command = new Command("info", "Say what a file is: layout, axes, coverage, parameters, the program that made it");
        command.Arguments.Add(_file);
        command.Options.Add(_json);
        _sinogram.AddTo(command);
        command.SetAction((parsed, stop) => Task.Factory.StartNew(
            () => Run(parsed, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        string location = parsed.GetValue(_file)!;
        string path = SinogramFile.FileOf(location);
        if (!File.Exists(path))
        {
            throw UserException.WrongUse($"{path} does not exist");
        }

        SinogramReading told = _sinogram.Reading(parsed, dataset: null);
        bool asJson = parsed.GetValue(_json);
        try
        {
            Dictionary<string, object?> facts = RecordingReader.IsRecording(path) ? OfRecording(path) : OfHdf5(location, told, !asJson, stop);
            parsed.InvocationConfiguration.Output.WriteLine(asJson ? JsonSerializer.Serialize(facts, JsonText.Indented) : Lines(facts, ""));
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new UserException(SetUp.Sentence(e), e);
        }
    }

    private static Dictionary<string, object?> OfRecording(string path)
    {
        using RecordingReader reader = new(path);
        while (reader.Skip())
        {
        }

        return new()
        {
            ["kind"] = "recording",
            ["dialect"] = reader.Header.Dialect,
            ["endpoint"] = reader.Header.Endpoint,
            ["started"] = reader.Header.Started.ToString("o", CultureInfo.InvariantCulture),
            ["messages"] = reader.RecordCount,
            ["is_whole"] = reader.IsWhole,
            ["program"] = reader.Header.Program,
        };
    }

    // What is no sinogram may still be frames, unless it claims to be one, or is said to be; if it is neither, the sinogram's sentence lists
    // what there is.
    private static Dictionary<string, object?> OfHdf5(string location, SinogramReading told, bool isShown, CancellationToken stop)
    {
        string path = SinogramFile.FileOf(location);
        bool isTold = path != location || told != new SinogramReading();
        if (!isTold && VolumeFile.IsVolume(path, ChunkUnpacking.Unpack) && !SinogramFile.IsSinogram(path, ChunkUnpacking.Unpack))
        {
            return OfVolume(path);
        }

        SinogramFile file;
        try
        {
            file = new SinogramFile(location, told, ChunkUnpacking.Unpack);
        }
        catch (InvalidDataException e) when (told == new SinogramReading() && !SinogramFile.IsNxxrdct(SinogramFile.FileOf(location), ChunkUnpacking.Unpack))
        {
            try
            {
                return OfFrames(location);
            }
            catch (InvalidDataException)
            {
                throw e;
            }
        }

        using (file)
        {
            return OfSinogram(file, isShown, stop);
        }
    }

    private static Dictionary<string, object?> OfVolume(string path)
    {
        using VolumeFile file = new(path, ChunkUnpacking.Unpack);
        VolumeHeader header = file.Header;
        return new()
        {
            ["kind"] = "volume",
            ["title"] = header.Title,
            ["program"] = file.Program,
            ["date"] = file.Date,
            ["sinogram"] = header.Origin,
            ["size"] = header.Size,
            ["pixel_size_um"] = header.PixelSize_um,
            ["position_first_um"] = header.Position_um(0),
            ["position_last_um"] = header.Position_um(header.Size - 1),
            ["bins"] = header.BinCount,
            ["radial_unit"] = header.Unit is { } unit ? SetUp.NameOf(unit) : "channel",
            ["radial_first"] = header.Radial[0],
            ["radial_last"] = header.Radial[^1],
            ["energy_keV"] = header.Energy_keV,
            ["confidence"] = Texts(file.Findings),
            ["parameters"] = Texts(header.Parameters),
        };
    }

    private static Dictionary<string, string> Texts(IEnumerable<VolumeParameter> parameters) => parameters.ToDictionary(
        p => p.Name, p => p.Text ?? string.Create(CultureInfo.InvariantCulture, $"{p.Number} {p.Units}").TrimEnd());

    private static Dictionary<string, object?> OfFrames(string location)
    {
        string path = SinogramFile.FileOf(location);
        using FrameStackReader frames = new(path, path == location ? null : location[(path.Length + 2)..], ChunkUnpacking.Unpack);
        return new()
        {
            ["kind"] = "frames",
            ["dataset"] = frames.DatasetPath,
            ["frames"] = frames.FrameCount,
            ["rows"] = frames.Shape.Rows,
            ["columns"] = frames.Shape.Columns,
            ["type"] = frames.Type.ToString(),
            ["has_monitor"] = frames.Monitors is not null,
        };
    }

    private static Dictionary<string, object?> OfSinogram(SinogramFile file, bool isShown, CancellationToken stop)
    {
        SinogramHeader header = file.Header;
        SinogramTally tally = new(header);
        SinogramPass.Run(file, isShown ? "reading" : null, (first, count, values) => tally.Add(first, count, values.Span), stop);
        return new()
        {
            ["kind"] = "sinogram",
            ["layout"] = SinogramConversion.NameOf(file.Layout),
            ["dataset"] = file.DatasetPath,
            ["corrected_dataset"] = file.CorrectedPath,
            ["title"] = header.Title,
            ["program"] = header.Program,
            ["slice"] = header.Slice?.Number,
            ["slices"] = header.Slice?.Count,
            ["z_um"] = header.Slice?.Z_um,
            ["rotations"] = header.RotationCount,
            ["angle_first_deg"] = header.Angles_deg[0],
            ["angle_last_deg"] = header.Angles_deg[^1],
            ["translations"] = header.TranslationCount,
            ["translation_first_um"] = header.Translations_um[0],
            ["translation_last_um"] = header.Translations_um[^1],
            ["bins"] = header.BinCount,
            ["radial_unit"] = header.Unit is { } unit ? SetUp.NameOf(unit) : "channel",
            ["radial_first"] = header.Radial[0],
            ["radial_last"] = header.Radial[^1],
            ["energy_keV"] = header.Energy_keV,
            ["has_monitor"] = header.Monitor is not null,
            ["measured_cells"] = tally.MeasuredCount,
            ["coverage"] = (double)tally.MeasuredCount / header.CellCount,
            ["intensity_lowest"] = double.IsFinite(tally.Lowest) ? tally.Lowest : null,
            ["intensity_highest"] = double.IsFinite(tally.Highest) ? tally.Highest : null,
            ["parameters"] = file.Parameters,
        };
    }

    private static string Lines(IEnumerable<KeyValuePair<string, object?>> facts, string indent) => string.Join(
        Environment.NewLine,
        facts.Where(f => f.Value is not (null or "" or IReadOnlyDictionary<string, string> { Count: 0 })).Select(f => f.Value is IReadOnlyDictionary<string, string> inner
            ? $"{indent}{f.Key}:{Environment.NewLine}{Lines(inner.Select(p => KeyValuePair.Create(p.Key, (object?)p.Value)), indent + "  ")}"
            : string.Create(CultureInfo.InvariantCulture, $"{indent}{f.Key}: {f.Value}")));
}
