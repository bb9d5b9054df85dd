namespace XrdCt.Live.EndToEnd.Tests.Programs;

/// <summary>A configuration as a user would write it.</summary>
internal sealed record BeamlineFile
{
    public required int DetectorPort { get; init; }

    public int Translations { get; init; } = 21;

    public int Rotations { get; init; } = 15;

    public double Step_um { get; init; } = 50;

    public string Order { get; init; } = "interlaced";

    public string Attach { get; init; } = "connect";

    public double SilenceLimit_s { get; init; } = 60;

    public string Poni { get; init; } = Path.Combine(BuiltProgram.Config, "demo.poni");

    public string? Mask { get; init; }

    /// <summary>Lines of <c>integration:</c>.</summary>
    public string Integration { get; init; } = "{ unit: q_invA, bins: 2048, filter: trimmed, polarisation: 0.95 }";

    /// <summary>Keys of <c>roi:</c>.</summary>
    public string Roi { get; init; } = "{ radius_um: 125 }";

    /// <summary>More keys of <c>scan:</c>, each after a comma.</summary>
    public string MoreScan { get; init; } = "";

    /// <summary>More lines at the end of the file.</summary>
    public string More { get; init; } = "";

    private string Endpoint => $"tcp://127.0.0.1:{DetectorPort}";

    /// <summary>Writes the file.</summary>
    /// <returns>Its path.</returns>
    public string Write(WorkFolder folder, string name = "beamline.yml")
    {
        File.WriteAllText(folder[name], $$"""
            title: end to end
            source:
              { endpoint: "{{Endpoint}}", attach: {{Attach}}, silence_limit_s: {{SilenceLimit_s}}, end_grace_s: 1 }
            geometry:
              poni: {{Poni}}
              {{(Mask is null ? "# no mask" : "mask: " + Mask)}}
            integration: {{Integration}}
            scan: { order: {{Order}}, translations: {{Translations}}, rotations: {{Rotations}}, step_um: {{Step_um}}, range_deg: 180{{MoreScan}} }
            channels: [ { name: total, kind: total } ]
            roi: {{Roi}}
            {{More}}
            """);
        return folder[name];
    }

    /// <summary>Options of <c>xrdct-sim scan</c> for the same scan.</summary>
    public string[] SimulatorOptions(params string[] more) =>
    [
        "scan", "--to", Endpoint, "--translations", $"{Translations}", "--rotations", $"{Rotations}",
        "--step-um", $"{Step_um}", "--order", Order, "--poni", Poni, "--json", .. more,
    ];

    /// <summary>Options of <c>xrdct run</c>: no page to keep, nothing to click.</summary>
    public static string[] RunOptions(string file, WorkFolder folder, params string[] more) =>
        ["run", "--config", file, "--exit", "--no-browser", "--port", "0", "--output", folder["results"], .. more];
}
