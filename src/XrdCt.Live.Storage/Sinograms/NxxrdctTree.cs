using PureHDF;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Storage.Nexus;

namespace XrdCt.Live.Storage.Sinograms;

/// <summary>
/// The tree of an NXxrdct file around a sinogram that was imported: what the definition asks for and the source said, nothing made up.
/// A scan that was measured here has more, see <see cref="NexusScanStore"/>.
/// </summary>
internal static class NxxrdctTree
{
    private const string EntryName = "entry";
    private const double DefinitionVersion = 1.0;

    /// <summary>Builds it around the datasets that are written later.</summary>
    public static H5File Build(SinogramHeader header, string program, H5Dataset intensity, H5Dataset coverage)
    {
        H5Dataset translations = Linked(NexusNodes.Vector(header.Translations_um, "um", "translation"), "sample/translation_values");
        H5Dataset rotations = Linked(NexusNodes.Vector(header.Angles_deg, "degree", "rotation"), "sample/rotation_angle");
        H5Dataset channels = Linked(Channels(header), "instrument/detector/diffraction_channel");
        Linked(NexusNodes.WithUnits(intensity, "counts"), "data/intensity");
        intensity.Attributes["signal"] = 1;
        intensity.Attributes["axes"] = "translation_values:rotation_angles:diffraction_channel";
        coverage.Attributes["description"] = "[translation, rotation]; 1 = measured, 0 = not (intensity NaN)";

        H5Group sample = NexusNodes.Group("NXsample");
        sample["name"] = NexusNodes.Text(header.Title);
        if (header.Slice is { } slice)
        {
            sample["z_translation"] = NexusNodes.Scalar(slice.Z_um, "um");
        }

        sample["translation_values"] = translations;
        sample["rotation_angle"] = rotations;

        H5Group data = NexusNodes.Group("NXdata");
        data.Attributes["signal"] = "intensity";
        data.Attributes["axes"] = new[] { "translation_values", "rotation_angles", "diffraction_channel" };
        data["intensity"] = intensity;
        data["translation_values"] = translations;
        data["rotation_angles"] = rotations;
        data["diffraction_channel"] = channels;
        data["coverage"] = coverage;

        H5Group entry = NexusNodes.Group("NXentry");
        entry.Attributes["definition"] = NxxrdctEntry.Definition;
        entry.Attributes["version"] = DefinitionVersion;
        entry.Attributes["default"] = "data";
        H5Dataset definition = NexusNodes.Text(NxxrdctEntry.Definition);
        definition.Attributes["version"] = DefinitionVersion.ToString("0.0");
        entry["definition"] = definition;
        entry["title"] = NexusNodes.Text(header.Title);
        entry["beam"] = Beam(header);
        entry["sample"] = sample;
        entry["instrument"] = Instrument(header, intensity, channels);
        entry["data"] = data;
        if (header.Slice is { } place)
        {
            H5Group plan = NexusNodes.Group("NXcollection");
            plan["slice_number"] = place.Number;
            plan["slice_count"] = place.Count;
            entry["scan_plan"] = plan;
        }

        if (header.Monitor is { } monitor)
        {
            H5Group control = NexusNodes.Group("NXmonitor");
            control["mode"] = NexusNodes.Text("monitor");
            control["data"] = NexusNodes.Table(SinogramTurn.Turned(monitor, header.RotationCount, header.TranslationCount), header.TranslationCount, header.RotationCount, "");
            control["integral"] = NexusNodes.Scalar(monitor.Where(float.IsFinite).Sum(v => (double)v), "");
            entry["control"] = control;
        }

        H5Group process = NexusNodes.Group("NXprocess");
        process["program"] = NexusNodes.Text(program);
        process["date"] = NexusNodes.Text(NexusNodes.Iso8601(TimeProvider.System.GetLocalNow()));
        process["imported_from"] = NexusNodes.Text(header.Origin);
        process["imported_program"] = NexusNodes.Text(header.Program);
        entry["process"] = process;

        H5File file = NexusNodes.Root(EntryName, program, TimeProvider.System.GetLocalNow());
        file[EntryName] = entry;
        return file;
    }

    private static H5Dataset Channels(SinogramHeader header) => header.Unit is { } unit
        ? NexusNodes.Vector(header.Radial, RadialNames.Units(unit), RadialNames.Quantity(unit))
        : NexusNodes.Vector(header.Radial, longName: "channel");

    private static H5Group Beam(SinogramHeader header)
    {
        H5Group beam = NexusNodes.Group("NXbeam");
        if (header.Energy_keV is { } energy_keV)
        {
            beam["incident_energy"] = NexusNodes.Scalar(energy_keV, "keV");
            beam["incident_wavelength"] = NexusNodes.Scalar(PhotonEnergy.Hc_keV_A / energy_keV, "angstrom");
        }

        return beam;
    }

    private static H5Group Instrument(SinogramHeader header, H5Dataset intensity, H5Dataset channels)
    {
        H5Group detector = NexusNodes.Group("NXdetector");
        detector["data"] = intensity;
        detector["diffraction_channel"] = channels;
        double? wavelength_A = PhotonEnergy.Hc_keV_A / header.Energy_keV;
        if (header.Unit is { } unit && PolarAngle.Of_deg(header.Radial, unit, wavelength_A) is { } angles_deg)
        {
            detector["polar_angle"] = NexusNodes.Vector(angles_deg, "degree", "2theta");
        }

        H5Group source = NexusNodes.Group("NXsource");
        source["probe"] = NexusNodes.Text("x-ray");
        H5Group instrument = NexusNodes.Group("NXinstrument");
        instrument["source"] = source;
        instrument["detector"] = detector;
        if (wavelength_A is { } known_A)
        {
            H5Group monochromator = NexusNodes.Group("NXmonochromator");
            monochromator["wavelength"] = NexusNodes.Scalar(known_A, "angstrom");
            instrument["monochromator"] = monochromator;
        }

        return instrument;
    }

    private static H5Dataset Linked(H5Dataset dataset, string place)
    {
        dataset.Attributes["target"] = $"/{EntryName}/{place}";
        return dataset;
    }
}
