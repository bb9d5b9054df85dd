using System.Globalization;
using System.Text;
using XrdCt.Live.Model.Stages;
using XrdCt.Live.Server.Configuration;

namespace XrdCt.Live.Server.Steering;

/// <summary>An ROI scan as a configuration that <c>xrdct run</c> takes: that of the coarse scan, with the scan and its place in the coarse slice exchanged.</summary>
internal static class RoiConfiguration
{
    /// <summary>The text of the file.</summary>
    /// <param name="plan">The scan.</param>
    /// <param name="coarse">Configuration of the coarse scan.</param>
    /// <param name="folder">Folder that paths in it are relative to; those in the new one are whole, so that it may be put anywhere.</param>
    /// <param name="result">Result of the coarse scan.</param>
    public static string Of(RoiScanPlan plan, BeamlineConfiguration coarse, string folder, string result)
    {
        BeamlineConfiguration roi = ConfigurationFile.TryParse(ConfigurationFile.Write(coarse))!;
        string title = coarse.Title;
        string height = plan.Z_um == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", z = {plan.Z_um:G6} µm");
        roi.Title = string.Create(CultureInfo.InvariantCulture, $"{title}, ROI {plan.Number} at ({plan.X_um:F1}, {plan.Y_um:F1}) µm{height}");
        if (roi.Geometry is { } geometry)
        {
            (geometry.Poni, geometry.Mask, geometry.FlatField, geometry.Dark) = (Whole(geometry.Poni), Whole(geometry.Mask), Whole(geometry.FlatField), Whole(geometry.Dark));
        }

        roi.Integration.PyFai = Whole(roi.Integration.PyFai);
        roi.Output.Folder = Path.GetFullPath(roi.Output.Folder);
        if (roi.Tango is { } tango)
        {
            (tango.TokenFile, tango.TrustedCertificates) = (Whole(tango.TokenFile), Whole(tango.TrustedCertificates));
            if (tango.Moves is { } moves)
            {
                (moves.OperatorsFile, moves.LogFile) = (Whole(moves.OperatorsFile), Whole(moves.LogFile));
            }
        }

        roi.Scan = new ScanSection
        {
            Order = plan.Scan.Path.Name,
            Subsets = plan.Scan.Subsets.Count,
            SubsetOrder = [.. plan.Scan.Subsets],
            Translations = plan.Scan.TranslationCount,
            Rotations = plan.Scan.RotationCount,
            Step_um = plan.Scan.Step_um,
            Range_deg = plan.Scan.Range_deg,
            IncludesEnd = plan.Scan.IncludesEnd,
            Anchor = coarse.Scan?.Anchor ?? "centre",
            Coarse = Path.GetFullPath(result),
            Slices = plan.Slices,
            SliceSeries = coarse.Scan?.SliceSeries ?? "auto",
            NormaliseToMonitor = coarse.Scan?.NormaliseToMonitor,
            SliceStep_um = plan.Slices > 1 ? plan.SliceStep_um : null,
            SliceStart_um = plan.Slices > 1 && plan.Z_um != 0 ? plan.Z_um : null,
        };
        roi.Reconstruction.Outside = new OutsideSection { X_um = plan.X_um, Y_um = plan.Y_um, CoarseMoved = coarse.Reconstruction.Outside.CoarseMoved };
        if (roi.Readings is { } readings)
        {
            readings.TranslationZero_mm = plan.Axis_mm;
        }

        // An ROI scan has no positions in air, and its total is not constant.
        if (roi.Corrections.Beam is "air" or "constant-total")
        {
            roi.Corrections.Beam = null;
        }

        var text = new StringBuilder();
        foreach (string line in MacroText.Head(plan, title))
        {
            text.Append(CultureInfo.InvariantCulture, $"# {line}\n");
        }

        foreach (MotorMove move in plan.Moves)
        {
            text.Append(CultureInfo.InvariantCulture, $"# {move.Motor.Name}: by {MacroText.Number(move.By_mm)} mm{(move.To_mm is { } to ? $", to {MacroText.Number(to)} mm" : "")}{(move.Beyond_mm != 0 ? $", by way of {MacroText.Number(move.By_mm + move.Beyond_mm)} mm" : "")}\n");
        }

        return text.Append(ConfigurationFile.Write(roi)).ToString();

        // FILE::/dataset stays one.
        string? Whole(string? path) => path is null ? null : Path.GetFullPath(Path.Combine(folder, path));
    }
}
