using PureHDF;

namespace XrdCt.Live.Storage.Nexus;

/// <summary>The map of the noise of a slice, in the group of what is known of its quality.</summary>
internal static class NoisePlot
{
    /// <summary>Name of the map.</summary>
    public const string Name = "noise";

    /// <summary>Makes a group the plot of a map, whatever else is in it.</summary>
    /// <param name="group">The group, of the class NXdata.</param>
    /// <param name="noise">σ, [y, x].</param>
    /// <param name="positions_um">Positions of the rows and of the columns, µm.</param>
    public static void Add(H5Group group, H5Dataset noise, double[] positions_um)
    {
        noise.Attributes["description"] = "[y, x]; standard deviation of the slice of the total by counting statistics, NaN outside the circle that all projections see";
        noise.Attributes["long_name"] = "noise (counts)";
        group.Attributes["signal"] = Name;
        group.Attributes["axes"] = new[] { "y", "x" };
        group[Name] = NexusNodes.WithUnits(noise, "counts");
        group["y"] = NexusNodes.Vector(positions_um, "um", "y (um)");
        group["x"] = NexusNodes.Vector((double[])positions_um.Clone(), "um", "x (um)");
    }
}
