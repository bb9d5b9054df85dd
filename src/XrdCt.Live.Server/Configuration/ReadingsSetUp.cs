using XrdCt.Live.Gateway;
using XrdCt.Live.Ingest.Xrdct;
using XrdCt.Live.Ingest.ZeroMq;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Readings;

namespace XrdCt.Live.Server.Configuration;

/// <summary>Where positions and monitor values come from, checked.</summary>
/// <param name="Zmq">The socket; null where Tango tells them.</param>
/// <param name="Tango">The attributes; null where a socket tells them.</param>
/// <param name="Rule">How frames find them.</param>
/// <param name="Grace">How long late ones are waited for.</param>
/// <param name="FirstFrame">Number that the stream gives to the first frame of a series.</param>
internal sealed record ReadingsSetUp(ZmqOptions? Zmq, TangoReadingsOptions? Tango, ReadingRule Rule, TimeSpan Grace, int FirstFrame)
{
    // A reading is a hundred bytes; a thousand of them are four seconds at 250 Hz.
    private const int Largest_bytes = 4096;
    private const int Watermark = 10_000;
    private const double LongestWait_s = 86_400;

    private static readonly Dictionary<string, ReadingKey> Keys = new(StringComparer.OrdinalIgnoreCase)
    {
        ["index"] = ReadingKey.Index,
        ["time"] = ReadingKey.Time,
    };

    private static readonly Dictionary<string, ReadingQuantities> Quantities = new(StringComparer.OrdinalIgnoreCase)
    {
        ["translation"] = ReadingQuantities.Translation,
        ["rotation"] = ReadingQuantities.Rotation,
        ["monitor"] = ReadingQuantities.Monitor,
        ["transmission"] = ReadingQuantities.Transmission,
    };

    /// <summary>Checks the section.</summary>
    /// <param name="readings">What the file says.</param>
    /// <param name="source">The stream of frames, whose ZeroMQ library is used.</param>
    /// <param name="tango">The attributes that Tango tells; null for none.</param>
    /// <param name="file">Name of the file, for messages.</param>
    public static ReadingsSetUp Of(ReadingsSection readings, SourceSection source, TangoReadingsOptions? tango, string file)
    {
        ReadingQuantities needs = ReadingQuantities.None;
        foreach (string word in readings.Needs)
        {
            needs |= SetUp.OneOf(Quantities, word, file, "readings.needs");
        }

        if (needs == ReadingQuantities.None)
        {
            throw UserException.WrongUse($"{file}: readings.needs is empty: name what a frame waits for ({string.Join(", ", Quantities.Keys)})");
        }

        ReadingKey key = SetUp.OneOf(Keys, readings.Key, file, "readings.key");
        if (source.Dialect is "stins" or "pilatus-streamer" || (source.Dialect == "array-1.0" && key == ReadingKey.Index))
        {
            throw UserException.WrongUse(
                $"{file}: readings: frames of the dialect '{source.Dialect}' carry no series number{(source.Dialect == "array-1.0" ? ": use readings.key: time" : " and no time, by which readings could find them")}");
        }

        if (tango is not null)
        {
            CheckTango(readings, key, needs, tango, file);
        }

        if (!double.IsFinite(readings.TranslationZero_mm + readings.RotationZero_deg))
        {
            throw UserException.WrongUse($"{file}: readings.translation_zero_mm and readings.rotation_zero_deg must be numbers");
        }

        return new ReadingsSetUp(
            tango is null ? Socket(readings, source, file) : null,
            tango,
            new ReadingRule
            {
                Key = key,
                Needs = needs,
                LargestGap = TimeSpan.FromSeconds(SetUp.Within(readings.LargestGap_s, LongestWait_s, file, "readings.largest_gap_s")),
                Exposure = readings.Exposure_ms == 0
                    ? TimeSpan.Zero
                    : TimeSpan.FromMilliseconds(SetUp.Within(readings.Exposure_ms, 1000 * LongestWait_s, file, "readings.exposure_ms")),
                TranslationZero_mm = readings.TranslationZero_mm,
                RotationZero_deg = readings.RotationZero_deg,
            },
            TimeSpan.FromSeconds(SetUp.Within(readings.Grace_s, LongestWait_s, file, "readings.grace_s")),
            readings.FirstFrame);
    }

    /// <summary>Opens the stream.</summary>
    /// <param name="gateway">The gateway to Tango; needed where that tells the readings.</param>
    /// <param name="say">Is told when Tango is lost, and when it is back; from any thread.</param>
    /// <param name="begin">Is told when Tango has told everything once; from any thread.</param>
    /// <exception cref="InvalidOperationException">The endpoint cannot be used; the message names it.</exception>
    public IReadingSource Open(TangoGateway? gateway, Action<string> say, Action<string> begin) =>
        Zmq is null ? new TangoReadings(gateway!, Tango!, say, begin) : new ReadingStream(ZmqRuntime.Open(Zmq), FirstFrame);

    private static void CheckTango(ReadingsSection readings, ReadingKey key, ReadingQuantities needs, TangoReadingsOptions tango, string file)
    {
        if (readings.Endpoint is not null)
        {
            throw UserException.WrongUse($"{file}: readings.endpoint and the attributes of tango: both tell positions and monitor values: leave one out");
        }

        if (key != ReadingKey.Time)
        {
            throw UserException.WrongUse($"{file}: Tango stamps its values with a time and knows no trigger: use readings.key: time");
        }

        ReadingQuantities untold = needs & ~TangoSetUp.Told(tango);
        if (untold != ReadingQuantities.None)
        {
            string name = untold.ToString().ToLowerInvariant();
            throw UserException.WrongUse($"{file}: readings.needs names {name}, and tango: names no attribute that tells it");
        }
    }

    private static ZmqOptions Socket(ReadingsSection readings, SourceSection source, string file)
    {
        var zmq = new ZmqOptions
        {
            Endpoint = SetUp.Required(readings.Endpoint, file, "readings.endpoint"),
            Attachment = SetUp.OneOf(SourceSetUp.Attachments, readings.Attach, file, "readings.attach"),
            Pattern = SetUp.OneOf(SourceSetUp.Sockets, readings.Socket, file, "readings.socket"),
            Library = SetUp.OneOf(SourceSetUp.Libraries, source.ZeroMq, file, "source.zeromq"),
            ReceiveHighWatermark = Watermark,
            LargestMessage_bytes = Largest_bytes,
            Pooled_bytes = 16 * Largest_bytes,
        };
        try
        {
            ZmqRuntime.Check(zmq);
        }
        catch (ArgumentException e)
        {
            throw UserException.WrongUse($"{file}: readings.endpoint {SetUp.Sentence(e)}", e);
        }

        return zmq;
    }
}
