using PureHDF;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Storage.Nexus;

namespace XrdCt.Live.Storage.Volumes;

/// <summary>The groups around a reconstructed volume: those of its own file, and those in a scan file.</summary>
internal static class VolumeTree
{
    /// <summary>Group of the parameters.</summary>
    public const string ProcessName = "process";

    /// <summary>Group of what was found on the way.</summary>
    public const string FindingsName = "confidence";

    /// <summary>Beside the parameters: file and dataset of the sinogram.</summary>
    public const string OriginName = "sinogram";

    private const string ProgramName = "program";
    private const string DateName = "date";

    /// <summary>Whether something beside the parameters is none of them.</summary>
    public static bool IsAboutTheFile(string name) => name is OriginName or ProgramName or DateName;

    /// <summary>A file around the datasets that are written later.</summary>
    /// <param name="header">Axes and parameters.</param>
    /// <param name="program">Name and version of this program.</param>
    /// <param name="intensity">[bin, y, x].</param>
    /// <param name="total">Its mean over the bins, [y, x].</param>
    /// <param name="noise">σ of that mean, [y, x]; null where it is not known.</param>
    /// <param name="findings">What is found on the way, a number each.</param>
    public static H5File Build(
        VolumeHeader header, string program, H5Dataset intensity, H5Dataset total, H5Dataset? noise, IReadOnlyList<H5Dataset> findings)
    {
        H5Group sample = NexusNodes.Group("NXsample");
        sample["name"] = NexusNodes.Text(header.Title);
        if (header.Slice is { } slice)
        {
            sample["z_translation"] = NexusNodes.Scalar(slice.Z_um, "um");
        }

        H5Group beam = NexusNodes.Group("NXbeam");
        if (header.Energy_keV is { } energy_keV)
        {
            beam["incident_energy"] = NexusNodes.Scalar(energy_keV, "keV");
            beam["incident_wavelength"] = NexusNodes.Scalar(PhotonEnergy.Hc_keV_A / energy_keV, "angstrom");
        }

        H5Group process = NexusNodes.Group("NXprocess");
        process[ProgramName] = NexusNodes.Text(program);
        process[DateName] = NexusNodes.Text(NexusNodes.Iso8601(TimeProvider.System.GetLocalNow()));
        process[OriginName] = NexusNodes.Text(header.Origin);
        AddParameters(process, header.Parameters);
        if (header.Outside is { } outside)
        {
            AddParameters(process, Parameters(outside).Select(p => p with { Name = $"roi/{p.Name}" }));
        }

        H5Group found = NexusNodes.Group(noise is null ? "NXcollection" : "NXdata");
        for (int i = 0; i < findings.Count; i++)
        {
            found[header.Findings[i].Name] = NexusNodes.WithUnits(findings[i], header.Findings[i].Units);
        }

        if (noise is not null)
        {
            NoisePlot.Add(found, noise, [.. Enumerable.Range(0, header.Size).Select(header.Position_um)]);
        }

        H5Group entry = NexusNodes.Group("NXentry");
        entry.Attributes["default"] = "total";
        entry["title"] = NexusNodes.Text(header.Title);
        entry["sample"] = sample;
        entry["beam"] = beam;
        entry[ProcessName] = process;
        if (findings.Count > 0 || noise is not null)
        {
            entry[FindingsName] = found;
        }

        AddPlots(entry, header, intensity, total);
        H5File file = NexusNodes.Root(VolumeWriter.EntryName, program, TimeProvider.System.GetLocalNow());
        file[VolumeWriter.EntryName] = entry;
        return file;
    }

    /// <summary>The plots: intensities and their mean, with axes.</summary>
    public static void AddPlots(H5Group entry, VolumeHeader header, H5Dataset intensity, H5Dataset total)
    {
        double[] positions_um = [.. Enumerable.Range(0, header.Size).Select(header.Position_um)];
        H5Dataset x = NexusNodes.Vector(positions_um, "um", "x (um)");
        H5Dataset y = NexusNodes.Vector(positions_um, "um", "y (um)");
        intensity.Attributes["description"] = "[bin, y, x]; NaN outside the circle that all projections see";
        H5Group data = NexusNodes.Group("NXdata");
        data.Attributes["signal"] = VolumeWriter.IntensityName;
        data.Attributes["axes"] = new[] { "diffraction_channel", "y", "x" };
        data[VolumeWriter.IntensityName] = NexusNodes.WithUnits(intensity, "counts");
        data["diffraction_channel"] = header.Unit is { } unit
            ? NexusNodes.Vector(header.Radial, RadialNames.Units(unit), RadialNames.Label(unit))
            : NexusNodes.Vector(header.Radial, longName: "channel");
        data["y"] = y;
        data["x"] = x;
        entry[VolumeWriter.GroupName] = data;

        total.Attributes["description"] = "[y, x]; mean over the bins";
        H5Group plot = NexusNodes.Group("NXdata");
        plot.Attributes["signal"] = "intensity";
        plot.Attributes["axes"] = new[] { "y", "x" };
        plot["intensity"] = NexusNodes.WithUnits(total, "counts");
        plot["y"] = y;
        plot["x"] = x;
        entry["total"] = plot;
    }

    /// <summary>What was done about what lies outside the field of view, as parameters.</summary>
    public static IEnumerable<VolumeParameter> Parameters(RoiFindings found)
    {
        const double DegreesPerRadian = 180 / Math.PI;
        yield return VolumeParameter.Of("mode", found.Mode.ToString().ToLowerInvariant());
        if (found.Alignment is not { } alignment)
        {
            yield break;
        }

        yield return VolumeParameter.Of("coarse", found.Coarse);
        yield return VolumeParameter.Of("air_taken_off", found.HasAir ? 1 : 0);
        yield return VolumeParameter.Of("status", alignment.Status);
        yield return VolumeParameter.Of("x", alignment.X_um, "um");
        yield return VolumeParameter.Of("x_errors", alignment.XUncertainty_um, "um");
        yield return VolumeParameter.Of("y", alignment.Y_um, "um");
        yield return VolumeParameter.Of("y_errors", alignment.YUncertainty_um, "um");
        yield return VolumeParameter.Of("offset", alignment.Centre_px, "step");
        yield return VolumeParameter.Of("offset_errors", alignment.CentreUncertainty_px, "step");
        yield return VolumeParameter.Of("angle", alignment.Angle_rad * DegreesPerRadian, "degree");
        yield return VolumeParameter.Of("angle_errors", alignment.AngleUncertainty_rad * DegreesPerRadian, "degree");
        yield return VolumeParameter.Of("scale", alignment.Scale);
        yield return VolumeParameter.Of("scale_errors", alignment.ScaleUncertainty);
        yield return VolumeParameter.Of("overlap_residual", alignment.OverlapResidual);
    }

    /// <summary>Adds parameters; a / in a name makes a group.</summary>
    public static void AddParameters(H5Group process, IEnumerable<VolumeParameter> parameters)
    {
        foreach (VolumeParameter parameter in parameters)
        {
            string[] path = parameter.Name.Split('/');
            H5Group group = process;
            foreach (string name in path[..^1])
            {
                if (!group.TryGetValue(name, out object? known))
                {
                    group[name] = known = NexusNodes.Group("NXcollection");
                }

                group = (H5Group)known;
            }

            group[path[^1]] = parameter.Text is { } text ? NexusNodes.Text(text) : NexusNodes.Scalar(parameter.Number, parameter.Units);
        }
    }
}
