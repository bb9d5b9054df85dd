using System.CommandLine;
using System.Globalization;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Phantoms.Projection;
using XrdCt.Live.Phantoms.Samples;
using XrdCt.Live.Simulator.Files;

namespace XrdCt.Live.Simulator.Commands;

/// <summary><c>xrdct-sim truth</c>: what a perfect reconstruction would show.</summary>
internal sealed class TruthCommand
{
    private readonly PlanOptions _plan = new();

    private readonly Option<FileInfo> _output = new("--output", "-o")
    {
        Description = "File to write, .npy or .edf (float32, [y, x])",
        Required = true,
    };

    private readonly Option<bool> _fine = new("--fine")
    {
        Description = "The 1 µm raster itself instead of its average over the pixels of the scan",
    };

    public Command Build()
    {
        Command command = new("truth", "Write the NMC density of the sample on the grid of the scan (pixel = step, "
            + "rotation axis at pixel TRANSLATIONS / 2), to compare a map with");
        foreach (Option option in _plan.All.Append(_output).Append(_fine))
        {
            command.Options.Add(option);
        }

        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        ScanPlan plan = _plan.Plan(result);
        DensityMap density = new ElectrodeDisc(_plan.Seed(result)).NmcDensity;
        bool fine = result.GetValue(_fine);
        int size = fine ? density.Size : plan.TranslationCount;
        float[] truth = fine ? density.Values : BlurredTruth.Of(density, plan);
        string path = result.GetValue(_output)!.FullName;
        ImageFile.Write<float>(path, size, size, truth);
        double step_um = fine ? density.PixelSize_um : plan.Step_um;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{path}: NMC density, {size}×{size} pixels of {step_um} µm"));
        return 0;
    }
}
