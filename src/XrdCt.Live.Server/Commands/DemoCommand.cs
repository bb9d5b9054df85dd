using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using XrdCt.Live.Server.Configuration;

namespace XrdCt.Live.Server.Commands;

/// <summary>
/// <c>xrdct demo</c>: a simulated detector in a process of its own streams a coarse scan of an electrode over a real socket, and
/// the page shows it grow. Nothing to install, configure or connect.
/// </summary>
internal static class DemoCommand
{
    // 101 × 80 frames in three minutes: two cores make, send and process them with room left for the browser, so that the page shows
    // the latency of the chain and not that of a full queue.
    private const double UsualRate_Hz = 45;

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "config");

    public static Command Build()
    {
        var full = new Option<bool>("--full") { Description = "The paper's scan: 251 translations × 250 rotations, 10 µm steps" };
        var translations = new Option<int?>("--translations") { Description = "Number of translations" };
        var rotations = new Option<int?>("--rotations") { Description = "Number of rotations over 180°" };
        var order = new Option<string?>("--order") { Description = $"Order of the cells: {string.Join(", ", SetUp.OrderNames)}" };
        var rate = new Option<double?>("--rate")
        {
            Description = "Frames per second, at most; 0 = as fast as this machine makes and takes them, the default for any but the usual size",
        };
        var seed = new Option<int>("--seed") { Description = "Which electrode", DefaultValueFactory = _ => 1 };
        var tango = new Option<bool>("--tango") { Description = "With a simulated beamline of real Tango devices: the scan moves its stages, and so does whoever takes a place on the page (Linux with PyTango)" };
        var live = new LiveOptionSet();
        var command = new Command("demo", "Show a simulated coarse scan live: no hardware, no configuration");
        foreach (Option option in new Option[] { full, translations, rotations, order, rate, seed, tango })
        {
            command.Options.Add(option);
        }

        live.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            string file = Path.Combine(Folder, "demo.yml");
            BeamlineConfiguration configuration = ConfigurationFile.Read(file);
            live.Apply(parsed, configuration);
            ScanSection scan = configuration.Scan!;
            bool usual = !parsed.GetValue(full) && parsed.GetValue(translations) is null && parsed.GetValue(rotations) is null;
            Resize(scan, parsed.GetValue(full), parsed.GetValue(translations), parsed.GetValue(rotations));
            scan.Order = parsed.GetValue(order) ?? scan.Order;
            if (!SetUp.OrderNames.Contains(scan.Order))
            {
                throw UserException.WrongUse($"--order must be one of {string.Join(", ", SetUp.OrderNames)}, not '{scan.Order}'");
            }

            // The simulated electrode can be measured again, and a demo leaves nothing behind.
            configuration.Output.Journal = false;
            configuration.Source!.Endpoint = $"tcp://127.0.0.1:{FreePort()}";
            configuration.Source.Attach = "bind";
            double rate_Hz = parsed.GetValue(rate) ?? (usual ? UsualRate_Hz : 0);
            if (!(rate_Hz >= 0))
            {
                throw UserException.WrongUse($"--rate must be 0 or more, not {rate_Hz}");
            }

            // A stage moves at a velocity, so its scan has a rate.
            bool isTango = parsed.GetValue(tango);
            rate_Hz = isTango && rate_Hz == 0 ? UsualRate_Hz : rate_Hz;
            SetRoi(configuration, parsed.GetValue(full), rate_Hz, isTango ? TangoDemo.LineOverhead_s : 0);
            await using TangoDemo? beamline = isTango ? await TangoDemo.StartAsync(stop).ConfigureAwait(false) : null;
            beamline?.Apply(configuration, rate_Hz);
            if (beamline is not null && !live.Json(parsed))
            {
                Console.Out.WriteLine($"the stages are moved by whoever has this token on the page (as {TangoDemo.Operator}): {beamline.OperatorToken}");
            }

            int series = 0;
            return await new LiveSession
            {
                File = file,
                Configuration = configuration,
                Note = Note(scan, usual && !isTango, rate_Hz, configuration.Roi!.Scan!.LineOverhead_s),
                ExitWithScan = live.Exit(parsed),
                Json = live.Json(parsed),
                Fragment = beamline is null ? null : $"operator={beamline.OperatorToken}",
                Companion = (wanted, cancel) => SimulatorProcess.RunAsync(
                    [.. Simulator(wanted, rate_Hz, parsed.GetValue(seed)), "--series-id", $"{++series}", .. beamline?.SimulatorOptions ?? Shift(wanted)], cancel),
            }.RunAsync(stop).ConfigureAwait(false);
        });
        return command;
    }

    private static void Resize(ScanSection scan, bool full, int? translations, int? rotations)
    {
        double width_um = scan.Translations!.Value * scan.Step_um!.Value;
        if (full)
        {
            (scan.Translations, scan.Rotations, scan.Step_um) = (251, 250, 10);
        }

        if (translations is int count)
        {
            if (count < 2)
            {
                throw UserException.WrongUse($"--translations must be at least 2, not {count}");
            }

            // Fewer translations take wider steps: the disc is 1 mm wide whatever the scan.
            scan.Translations = count;
            scan.Step_um = Math.Round(width_um / count, 3);
        }

        if (rotations < 1)
        {
            throw UserException.WrongUse($"--rotations must be at least 1, not {rotations}");
        }

        scan.Rotations = rotations ?? scan.Rotations;
    }

    // As many frames as the coarse scan has, over the field of view.
    private static void SetRoi(BeamlineConfiguration configuration, bool full, double rate_Hz, double lineOverhead_s)
    {
        RoiScanSection roi = configuration.Roi!.Scan!;
        ScanSection scan = configuration.Scan!;
        if (!full)
        {
            (roi.Translations, roi.Rotations) = (scan.Translations, scan.Rotations);
            roi.Step_um = Math.Round(2 * configuration.Roi.Radius_um!.Value / scan.Translations!.Value, 3);
        }

        (roi.Order, roi.Subsets) = (scan.Order!, scan.Subsets);
        roi.Rate_Hz = rate_Hz > 0 ? rate_Hz : UsualRate_Hz;
        roi.LineOverhead_s = lineOverhead_s;
    }

    // Without Tango nobody moves the sample of the demo: it comes to lie where it was to be moved.
    private static IReadOnlyList<string> Shift(BeamlineConfiguration configuration)
    {
        OutsideSection place = configuration.Reconstruction.Outside;
        return configuration.Scan!.Coarse is null ? [] : [string.Create(CultureInfo.InvariantCulture, $"--sample-shift-um={-place.X_um},{-place.Y_um}")];
    }

    private static string Note(ScanSection scan, bool usual, double rate_Hz, double lineOverhead_s)
    {
        int frames = scan.Translations!.Value * scan.Rotations!.Value;
        string duration = rate_Hz switch
        {
            UsualRate_Hz when usual => "about three minutes on two cores",
            > 0 => string.Create(CultureInfo.InvariantCulture, $"at least {((frames / rate_Hz) + (scan.Rotations * lineOverhead_s)) / 60:F1} minutes at {rate_Hz} frames/s"),
            _ => "as long as the machine needs",
        };
        return string.Create(
            CultureInfo.InvariantCulture,
            $"simulated coarse scan of a 1 mm electrode, {scan.Translations} translations × {scan.Rotations} rotations, {frames} full-size frames, {duration}");
    }

    private static string[] Simulator(BeamlineConfiguration configuration, double rate_Hz, int seed)
    {
        ScanSection scan = configuration.Scan!;
        string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
        return
        [
            "scan", "--connect", "--to", configuration.Source!.Endpoint!,
            "--translations", Text(scan.Translations!.Value),
            "--rotations", Text(scan.Rotations!.Value),
            "--step-um", Text(scan.Step_um!.Value),
            "--order", scan.Order!,
            "--subsets", Text(scan.Subsets),
            "--rate", Text(rate_Hz),
            "--seed", Text(seed),
            "--poni", Path.Combine(Folder, configuration.Geometry!.Poni!),
            "--json",
        ];
    }

    /// <summary>A TCP port of this machine that nobody listens on.</summary>
    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
