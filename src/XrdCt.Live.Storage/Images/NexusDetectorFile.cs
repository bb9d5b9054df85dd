using PureHDF;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Storage.Hdf5;
using XrdCt.Live.Storage.Stacks;

namespace XrdCt.Live.Storage.Images;

/// <summary>
/// pyFAI's HDF5 description of a detector, as <c>detector.save(…)</c> writes it: the first group of class NXdetector, with pixel sizes,
/// corners, mask, flat field and dark current.
/// </summary>
/// <remarks>Source: pyFAI, <c>detectors/_common.py</c>, <c>NexusDetector.load</c>.</remarks>
public static class NexusDetectorFile
{
    private const int CoordinatesPerPixel = 12;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="decoder">Unpacks bitshuffle-LZ4.</param>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no such file; the message names file, field and remedy.</exception>
    public static NexusDetector Read(string path, ChunkDecoder decoder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        using NumberFile file = new(path, decoder);
        string group = file.Nodes().FirstOrDefault(n => n.Node.IsGroup && IsDetector(file, n.Node)).Path
            ?? throw file.Wrong("there is no group of class NXdetector: save the detector with pyFAI's detector.save(…)");

        double[] pixels = Numbers(file, $"{group}/pixel_size", 2);
        ImageShape shape = Shape(file, group);
        PixelCorners? corners = Corners(file, $"{group}/pixel_corners", shape, isFlat: Scalar(file, $"{group}/IS_FLAT") is > 0);
        PixelMask? mask = Image(file, $"{group}/mask", shape, (dataset, at) => new PixelMask(shape, file.ReadNonZero(dataset, at, shape.PixelCount)));
        if (corners?.Unplaced() is { MaskedCount: > 0 } unplaced)
        {
            mask = mask?.Or(unplaced) ?? unplaced;
        }

        return new NexusDetector
        {
            Name = group[(group.LastIndexOf('/') + 1)..].Replace('_', ' '),
            Shape = shape,
            PixelSize1_m = pixels[0],
            PixelSize2_m = pixels[1],
            Orientation = Orientation(file, $"{group}/orientation"),
            Corners = corners,
            Mask = mask,
            FlatField = Image(file, $"{group}/flatfield", shape, (dataset, at) => file.ReadSingles(dataset, at, shape.PixelCount)),
            Dark = Image(file, $"{group}/darkcurrent", shape, (dataset, at) => file.ReadSingles(dataset, at, shape.PixelCount)),
        };
    }

    private static bool IsDetector(NumberFile file, ObjectHeader group) =>
        file.Guard("an attribute", () => NodeText.Attribute(group, "NX_class") == "NXdetector");

    // As pyFAI, in this order: the image, the detector before binning, the images that are there.
    private static ImageShape Shape(NumberFile file, string group)
    {
        long[] sides = [];
        foreach (string field in new[] { "shape", "max_shape" })
        {
            if (sides.Length == 0 && file.Find($"{group}/{field}") is not null)
            {
                sides = [.. Numbers(file, $"{group}/{field}", 2).Select(side => (long)side)];
            }
        }

        foreach (string field in new[] { "mask", "pixel_corners", "flatfield", "darkcurrent" })
        {
            if (sides.Length == 0 && file.Find($"{group}/{field}") is { } dataset)
            {
                sides = file.Dimensions(dataset)[..2];
            }
        }

        return sides is [> 0 and <= ushort.MaxValue, > 0 and <= ushort.MaxValue] && sides[0] * sides[1] <= 1 << 25
            ? new ImageShape((int)sides[0], (int)sides[1])
            : throw file.Wrong($"{group} has no shape [rows, columns] of a detector");
    }

    private static PixelCorners? Corners(NumberFile file, string path, ImageShape shape, bool isFlat)
    {
        if (file.Find(path) is not { } dataset)
        {
            return null;
        }

        long[] sides = file.Guard(path, () => dataset.Space.Dimensions.Select(side => (long)Math.Min(side, long.MaxValue)).ToArray());
        if (sides is not [var rows, var columns, PixelCorners.PerPixel, 3] || rows != shape.Rows || columns != shape.Columns)
        {
            throw file.Wrong(
                $"{path} is [{string.Join(", ", sides)}], but the detector has {shape} pixels with four corners of three coordinates: "
                + "binned detectors and other shapes of pixels are not supported");
        }

        float[] values = file.ReadSingles(dataset, path, (long)shape.PixelCount * CoordinatesPerPixel);

        // pyFAI does not look at z where the file says that the detector is flat.
        for (int i = 0; isFlat && i < values.Length; i += 3)
        {
            values[i] = 0;
        }

        return new PixelCorners(shape, values);
    }

    private static T? Image<T>(NumberFile file, string path, ImageShape shape, Func<IH5Dataset, string, T> read)
    {
        if (file.Find(path) is not { } dataset)
        {
            return default;
        }

        return file.Dimensions(dataset) is [var rows, var columns] && rows == shape.Rows && columns == shape.Columns
            ? read(dataset, path)
            : throw file.Wrong($"{path} is [{string.Join(", ", file.Dimensions(dataset))}], but the detector has {shape} pixels (rows×columns)");
    }

    private static DetectorOrientation? Orientation(NumberFile file, string path) => Scalar(file, path) switch
    {
        null => null,
        0 => DetectorOrientation.BottomRight,
        >= 1 and <= 4 and var orientation => (DetectorOrientation)(int)orientation,
        var other => throw file.Wrong($"{path} is {other}; orientations 1 to 4 are supported"),
    };

    private static double? Scalar(NumberFile file, string path) =>
        file.Find(path) is { } dataset ? file.ReadDoubles(dataset, path, 1)[0] : null;

    private static double[] Numbers(NumberFile file, string path, int count) =>
        file.ReadDoubles(file.Find(path) ?? throw file.Wrong($"{path} is missing: save the detector with pyFAI's detector.save(…)"), path, count);
}
