using System.CommandLine;
using System.Globalization;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Phantoms.Detector;
using XrdCt.Live.Phantoms.Experiment;
using XrdCt.Live.Simulator.Files;

namespace XrdCt.Live.Simulator.Commands;

/// <summary><c>xrdct-sim frame</c>: one detector frame to look at.</summary>
internal sealed class FrameCommand
{
    private readonly PlanOptions _plan = new();

    private readonly Option<FileInfo> _output = new("--output", "-o")
    {
        Description = "File to write, .npy or .edf (int32, [row, column])",
        Required = true,
    };

    private readonly Option<int?> _translation = new("--translation")
    {
        Description = "Index of the translation, from 0; the middle one if not given",
    };

    private readonly Option<int> _rotation = new("--rotation")
    {
        Description = "Index of the rotation, from 0",
    };

    public Command Build()
    {
        Command command = new(
            "frame", "Write one detector frame of the scan: the very one that 'scan' sends for that cell");
        foreach (Option option in _plan.All.Concat([_output, _translation, _rotation]))
        {
            command.Options.Add(option);
        }

        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        ScanPlan plan = _plan.Plan(result);
        ScanCell cell = new(result.GetValue(_rotation), result.GetValue(_translation) ?? plan.TranslationCount / 2);
        int index = Enumerable.Range(0, plan.CellCount).FirstOrDefault(i => plan.CellOf(i) == cell, -1);
        if (index < 0)
        {
            throw new UsageException(
                $"rotation {cell.Rotation}, translation {cell.Translation} is outside the scan of "
                + $"{plan.RotationCount} rotations and {plan.TranslationCount} translations: "
                + "see --rotation, --translation");
        }

        VirtualExperiment experiment = _plan.Experiment(result);
        ImageShape shape = experiment.Detector.Geometry.Shape;
        int[] frame = new int[shape.PixelCount];
        new FrameRenderer(experiment).Render(index, frame);
        string path = result.GetValue(_output)!.FullName;
        ImageFile.Write<int>(path, shape.Rows, shape.Columns, frame);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{path}: frame {index}, rotation {plan.Angle_deg(cell.Rotation)}°, "
            + $"translation {plan.Position_um(cell.Translation)} µm"));
        return 0;
    }
}
