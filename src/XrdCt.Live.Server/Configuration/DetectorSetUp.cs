using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Server.Conversion;
using XrdCt.Live.Storage.Images;

namespace XrdCt.Live.Server.Configuration;

/// <summary>The detector as its files describe it.</summary>
internal sealed record DetectorSetUp
{
    /// <summary>Where it stands.</summary>
    public required DetectorGeometry Geometry { get; init; }

    /// <summary>Pixels that never count: those it does not have, those that its own file masks, and those of the mask file.</summary>
    public required PixelMask Mask { get; init; }

    /// <summary>Flat field; empty for none.</summary>
    public ReadOnlyMemory<float> FlatField { get; init; }

    /// <summary>Dark image, counts; empty for none.</summary>
    public ReadOnlyMemory<float> Dark { get; init; }

    /// <summary>Reads all files.</summary>
    /// <exception cref="UserException">A file does not exist.</exception>
    /// <exception cref="FormatException">A file is not what it should be; the message says which and why.</exception>
    /// <exception cref="InvalidDataException">The same, of an HDF5 file.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static DetectorSetUp Read(DetectorFiles files)
    {
        (DetectorGeometry geometry, NexusDetector? described) = ReadGeometry(files);
        PixelMask mask = ModuleGaps.Of(geometry);
        mask = described?.Mask is { } own ? mask.Or(own) : mask;
        return new DetectorSetUp
        {
            Geometry = geometry,
            Mask = files.Mask is string path ? mask.Or(ReadMask(path, geometry.Shape)) : mask,
            FlatField = files.FlatField is string flat ? ReadImage(flat, geometry.Shape, "flat field", "geometry.flat_field, --flat") : described?.FlatField ?? default,
            Dark = files.Dark is string dark ? ReadImage(dark, geometry.Shape, "dark image", "geometry.dark, --dark") : described?.Dark ?? default,
        };
    }

    /// <summary>Reads the size of the image, and no more than that takes.</summary>
    /// <inheritdoc cref="Read"/>
    public static ImageShape ReadShape(DetectorFiles files) => ReadGeometry(files).Geometry.Shape;

    private static (DetectorGeometry Geometry, NexusDetector? Described) ReadGeometry(DetectorFiles files)
    {
        Calibration calibration = files.Calibration!;
        if (calibration.Value is null)
        {
            MustExist(calibration.Name, "PONI file", "geometry.poni, --poni");
        }

        NexusDetector? described = null;
        DetectorGeometry geometry = calibration.Read(file =>
        {
            MustExist(file, "detector file", $"the calibration {calibration.Name}");
            return described = NexusDetectorFile.Read(file, ChunkUnpacking.Unpack);
        });
        return (geometry, described);
    }

    private static PixelMask ReadMask(string location, ImageShape shape)
    {
        MustExist(ImageDataset.FileOf(location), "mask", "geometry.mask, --mask");
        return ImageDataset.IsHdf5(location) ? ImageDataset.ReadMask(location, shape, ChunkUnpacking.Unpack) : MaskFile.Read(location, shape);
    }

    private static float[] ReadImage(string location, ImageShape shape, string what, string keys)
    {
        MustExist(ImageDataset.FileOf(location), what, keys);
        return ImageDataset.IsHdf5(location) ? ImageDataset.ReadSingle(location, shape, ChunkUnpacking.Unpack) : CorrectionFile.Read(location, shape);
    }

    private static void MustExist(string path, string what, string keys)
    {
        if (!File.Exists(path))
        {
            throw new UserException($"the {what} {path} does not exist: check {keys} (paths in a configuration are relative to it)");
        }
    }
}
