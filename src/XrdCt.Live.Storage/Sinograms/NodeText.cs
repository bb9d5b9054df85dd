using PureHDF;

namespace XrdCt.Live.Storage.Sinograms;

/// <summary>Texts of HDF5 files: attributes, and datasets with one string. What is no text, or too long for one, reads as absent.</summary>
internal static class NodeText
{
    // A configuration has a few kB; what a damaged header claims must not cost memory.
    private const int LongestText_bytes = 1 << 20;
    private const ulong MostTexts = 64;

    /// <summary>An attribute of one text.</summary>
    public static string? Attribute(IH5Object node, string name) => Attributes(node, name) is [var only] ? only : null;

    /// <summary>An attribute of one or more texts.</summary>
    public static string[]? Attributes(IH5Object node, string name)
    {
        if (!node.AttributeExists(name))
        {
            return null;
        }

        IH5Attribute attribute = node.Attribute(name);
        return !IsText(attribute.Type) || !IsFew(attribute.Space) ? null
            : attribute.Space.Dimensions.Length == 0 ? [attribute.Read<string>()]
            : attribute.Read<string[]>();
    }

    /// <summary>The text of a dataset.</summary>
    public static string? Of(IH5Object? node) =>
        node is not IH5Dataset dataset || !IsText(dataset.Type) || !IsFew(dataset.Space) ? null
        : dataset.Space.Dimensions.Length == 0 ? dataset.Read<string>()
        : dataset.Read<string[]>() is [var only] ? only : null;

    private static bool IsText(IH5DataType type) =>
        type.Class is H5DataTypeClass.String or H5DataTypeClass.VariableLength && type.Size <= LongestText_bytes;

    private static bool IsFew(IH5Dataspace space) => space.Dimensions.All(side => side is > 0 and <= MostTexts) && space.Dimensions.Length <= 1;
}
