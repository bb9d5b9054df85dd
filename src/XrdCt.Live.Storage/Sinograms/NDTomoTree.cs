using PureHDF;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Storage.Nexus;

namespace XrdCt.Live.Storage.Sinograms;

/// <summary>The tree of a file for nDTomo; see <see cref="SinogramWriter"/>.</summary>
internal static class NDTomoTree
{
    private const double MillimetrePerMicrometre = 1e-3;
    private const double InvAngstromPerInvNanometre = 0.1;

    /// <summary>Builds it around the datasets that are written later.</summary>
    public static H5File Build(SinogramHeader header, string program, H5Dataset intensity, H5Dataset coverage)
    {
        intensity.Attributes["description"] = "[translation, rotation, bin]; NaN where unmeasured";
        coverage.Attributes["description"] = "[translation, rotation]; 1 = measured, 0 = not (data NaN)";
        H5File file = new()
        {
            ["data"] = intensity,
            ["coverage"] = coverage,
            ["omega"] = NexusNodes.Vector(header.Angles_deg, "degree", "rotation"),
            ["translations"] = NexusNodes.Vector<double>([.. header.Translations_um.Select(t => t * MillimetrePerMicrometre)], "mm", "translation"),
            ["slow_axis_steps"] = header.RotationCount,
            ["fast_axis_steps"] = header.TranslationCount,
            ["title"] = NexusNodes.Text(header.Title),
            ["creator"] = NexusNodes.Text(program),
        };
        AddRadial(file, header);
        if (header.Monitor is { } monitor)
        {
            H5Dataset values = NexusNodes.Table(
                SinogramTurn.Turned(monitor, header.RotationCount, header.TranslationCount), header.TranslationCount, header.RotationCount, "");
            values.Attributes["description"] = "[translation, rotation]; beam monitor as it came; the intensities need not be divided by it";
            file["monitor"] = values;
        }

        return file;
    }

    private static void AddRadial(H5File file, SinogramHeader header)
    {
        double[] radial = header.Radial;
        switch (header.Unit)
        {
            case RadialUnit.TwoTheta_deg or RadialUnit.TwoTheta_rad:
                double[] angles_deg = PolarAngle.Of_deg(radial, header.Unit.Value, null)!;
                H5Dataset tth = NexusNodes.Vector(angles_deg, "degree", "2theta");
                (file["tth"], file["twotheta"]) = (tth, tth);
                break;
            case RadialUnit.Q_invA:
                file["q"] = NexusNodes.Vector(radial, "1/angstrom", "q");
                break;
            case RadialUnit.Q_invnm:
                file["q"] = NexusNodes.Vector<double>([.. radial.Select(q => q * InvAngstromPerInvNanometre)], "1/angstrom", "q");
                break;
            case RadialUnit.D_A:
                file["d"] = NexusNodes.Vector(radial, "angstrom", "d");
                break;
            case { } unit:
                file["xaxis"] = NexusNodes.Vector(radial, RadialNames.Units(unit), RadialNames.Quantity(unit));
                return;
            case null:
                file["xaxis"] = NexusNodes.Vector(radial);
                return;
        }

        // nDTomoGUI looks for an axis of this name last, and stumbles over a single number: it stands only beside one that is found before.
        if (header.Energy_keV is { } energy_keV)
        {
            file["energy"] = NexusNodes.Scalar(energy_keV, "keV");
        }
    }
}
