using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;

namespace XrdCt.Live.Server.Commands;

/// <summary>Options of commands that make a stream out of files: what the files may not tell of the series.</summary>
internal sealed partial class SeriesOptionSet
{
    private static readonly string[] WithoutEnergy = ["pilatus-streamer", "array-1.0"];

    private readonly Option<double?> _energy = new("--energy-kev") { Description = "Photon energy, keV [default: of the first file's header]" };
    private readonly Option<double?> _distance = new("--distance-m") { Description = "Sample to detector, m [default: of the first file's header, else 0]" };
    private readonly Option<double?> _pixel = new("--pixel-size-um") { Description = "Pixel size, µm [default: of the first file's header, else 0]" };

    /// <summary>Names of the dialects that can be written.</summary>
    public static string DialectNames => string.Join(", ", StreamDialects.All.Select(d => d.Name));

    /// <summary>Finds a dialect.</summary>
    public static StreamDialect Dialect(string name)
    {
        try
        {
            return StreamDialects.Of(name);
        }
        catch (ArgumentException e)
        {
            throw UserException.WrongUse($"--dialect: {e.Message}", e);
        }
    }

    public void AddTo(Command command)
    {
        command.Options.Add(_energy);
        command.Options.Add(_distance);
        command.Options.Add(_pixel);
    }

    /// <summary>What is told on the command line.</summary>
    public SeriesFacts Facts(ParseResult parsed) => new()
    {
        Energy_keV = parsed.GetValue(_energy),
        Distance_m = parsed.GetValue(_distance),
        PixelSize_m = parsed.GetValue(_pixel) * 1e-6,
    };

    /// <summary>What is known of a series; null is not known.</summary>
    internal sealed record SeriesFacts
    {
        public double? Energy_keV { get; init; }

        public double? Distance_m { get; init; }

        public double? PixelSize_m { get; init; }

        public (double X_px, double Y_px)? BeamCentre { get; init; }

        public TimeSpan? FramePeriod { get; init; }

        public TimeSpan? Exposure { get; init; }

        public string? Detector { get; init; }

        /// <summary>Adds what the header of a Pilatus' CBF file tells; what is known already stays.</summary>
        public SeriesFacts With(CbfFile file)
        {
            double? Value(string key) => file.Header.TryGetValue(key, out string? text) ? First(text) : null;
            double? wavelength_A = Value("Wavelength");
            double[] beam = file.Header.TryGetValue("Beam_xy", out string? xy) ? Numbers(xy) : [];
            return this with
            {
                Energy_keV = Energy_keV ?? (wavelength_A > 0 ? PhotonEnergy.FromWavelength_keV(wavelength_A.Value * 1e-10) : null),
                Distance_m = Distance_m ?? Value("Detector_distance"),
                PixelSize_m = PixelSize_m ?? Value("Pixel_size"),
                BeamCentre = BeamCentre ?? (beam.Length == 2 ? (beam[0], beam[1]) : null),
                FramePeriod = FramePeriod ?? Seconds(Value("Exposure_period")),
                Exposure = Exposure ?? Seconds(Value("Exposure_time")),
                Detector = Detector ?? file.Header.GetValueOrDefault("Detector"),
            };
        }

        /// <summary>The series as a dialect sends it. Lengths that nobody told are 0, as detectors send what was never set.</summary>
        /// <exception cref="UserException">The dialect needs the photon energy, and nobody told.</exception>
        public SeriesInfo Info(
            StreamDialect dialect, long id, int imageCount, ImageShape shape, PixelType type, PixelEncoding encoding, DateTimeOffset date) => new()
            {
                SeriesId = id,
                UniqueId = Ulid.New(date),
                Date = date,
                ImageCount = imageCount,
                Shape = shape,
                Type = type,
                Encoding = encoding,
                FramePeriod = FramePeriod ?? Exposure ?? TimeSpan.Zero,
                Exposure = Exposure,
                Energy_keV = Energy_keV ?? (WithoutEnergy.Contains(dialect.Name)
                    ? 0
                    : throw UserException.WrongUse($"{dialect.Name} tells the photon energy, and the files do not: give --energy-kev")),
                PixelSize_m = PixelSize_m ?? 0,
                Distance_m = Distance_m ?? 0,
                BeamCentre = BeamCentre ?? (0, 0),
                Detector = Detector,
            };

        private static double? First(string text) => Numbers(text) is [double first, ..] ? first : null;

        private static double[] Numbers(string text) =>
            [.. Number().Matches(text).Select(m => double.Parse(m.ValueSpan, CultureInfo.InvariantCulture)).Where(double.IsFinite)];

        private static TimeSpan? Seconds(double? value) =>
            value is >= 0 and < 1e6 ? TimeSpan.FromSeconds(value.Value) : null;
    }

    [GeneratedRegex(@"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")]
    private static partial Regex Number();
}
