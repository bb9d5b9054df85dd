using PureHDF;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Storage.Stacks;

namespace XrdCt.Live.Storage.Images;

/// <summary>
/// Masks, flat fields and dark images of a detector in HDF5 files. Where the image is in the file stands behind two colons, as fabio
/// and silx write it: <c>mask.h5::/entry/data</c>. Without, it is the only image in the file, or the only one of a usual name.
/// </summary>
public static class ImageDataset
{
    private const string Separator = "::";

    private static readonly string[] Extensions = [".h5", ".hdf5", ".hdf", ".nxs", ".nx", ".cxi"];

    private static readonly string[] MaskNames = ["mask", "pixel_mask"];

    private static readonly string[] ImageNames = ["flatfield", "flat_field", "flat", "darkcurrent", "dark_current", "dark", "data", "image"];

    /// <summary>Whether a location names an HDF5 file: by what stands behind two colons, or by the extension.</summary>
    public static bool IsHdf5(string location)
    {
        ArgumentNullException.ThrowIfNull(location);
        return location.Contains(Separator, StringComparison.Ordinal)
            || Extensions.Contains(Path.GetExtension(location), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The file of a location.</summary>
    public static string FileOf(string location) => Split(location).File;

    /// <summary>Reads a mask: a pixel is masked where the number is not zero, as in pyFAI.</summary>
    /// <param name="location">File, or file and dataset.</param>
    /// <param name="shape">Size of the detector, which the mask must have.</param>
    /// <param name="decoder">Unpacks bitshuffle-LZ4.</param>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no HDF5 file, has no such image, or one of another size; the message names file, dataset and remedy.</exception>
    public static PixelMask ReadMask(string location, ImageShape shape, ChunkDecoder decoder) =>
        Read(location, shape, decoder, MaskNames, (file, dataset, path) => new PixelMask(shape, file.ReadNonZero(dataset, path, shape.PixelCount)));

    /// <summary>Reads an image of numbers, row-major.</summary>
    /// <inheritdoc cref="ReadMask"/>
    public static float[] ReadSingle(string location, ImageShape shape, ChunkDecoder decoder) =>
        Read(location, shape, decoder, ImageNames, (file, dataset, path) => file.ReadSingles(dataset, path, shape.PixelCount));

    private static T Read<T>(
        string location, ImageShape shape, ChunkDecoder decoder, string[] names, Func<NumberFile, IH5Dataset, string, T> read)
    {
        (string path, string? wanted) = Split(location);
        using NumberFile file = new(path, decoder);
        string at = wanted ?? Search(file, names);
        IH5Dataset dataset = file.Find(at) ?? throw file.Wrong($"there is no dataset {at}; {Choice(Images(file))}");
        long[] sides = file.Dimensions(dataset);
        if (sides is not [var rows, var columns] || rows != shape.Rows || columns != shape.Columns)
        {
            string hint = sides is [var r, var c] && r == shape.Columns && c == shape.Rows
                ? "rows and columns are swapped: save it transposed"
                : "use one made for this detector";
            throw file.Wrong($"{at} is [{string.Join(", ", sides)}], but the detector has {shape} pixels (rows×columns); {hint}");
        }

        return read(file, dataset, at);
    }

    private static (string File, string? Dataset) Split(string location)
    {
        ArgumentNullException.ThrowIfNull(location);
        int at = location.LastIndexOf(Separator, StringComparison.Ordinal);
        return at < 0 ? (location, null) : (location[..at], location[(at + Separator.Length)..]);
    }

    private static string Search(NumberFile file, string[] names)
    {
        string[] images = Images(file);
        string[] named = [.. images.Where(path => names.Contains(path[(path.LastIndexOf('/') + 1)..], StringComparer.OrdinalIgnoreCase))];
        return images.Length == 1 ? images[0]
            : named.Length == 1 ? named[0]
            : throw file.Wrong(Choice(images));
    }

    private static string[] Images(NumberFile file) => [.. file.Nodes().Where(n => file.Dimensions(n.Node) is [> 1, _] or [_, > 1]).Select(n => n.Path)];

    private static string Choice(string[] paths) => paths.Length == 0
        ? "the file holds no image [row, column]"
        : $"the file holds the images {string.Join(", ", paths.Take(8))}: say which, as in FILE{Separator}{paths[0]}";
}
