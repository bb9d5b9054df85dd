using PureHDF;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Storage.Nexus;

/// <summary>What a file says of the corrections: every parameter, what was found, and the flags of the cells.</summary>
/// <param name="found">What was found.</param>
/// <param name="turn">Turns a map of flags, [rotation, translation], into [translation, rotation].</param>
/// <param name="size">Translations and rotations.</param>
internal sealed class CorrectionGroups(CorrectionFindings found, Func<byte[], byte[]> turn, (int Translations, int Rotations) size)
{
    private const string NoUnits = "";

    // The integration is the first.
    private const int Sequence = 2;

    private static readonly Dictionary<CellFlags, string> Meanings = new()
    {
        [CellFlags.Unmeasured] = "unmeasured",
        [CellFlags.NoMonitor] = "no_monitor",
        [CellFlags.Air] = "air",
        [CellFlags.DeadLine] = "dead_line",
        [CellFlags.HotLine] = "hot_line",
        [CellFlags.Spotty] = "spotty",
        [CellFlags.NoTransmission] = "no_transmission",
        [CellFlags.Interpolated] = "interpolated",
    };

    /// <summary>The process as a whole.</summary>
    /// <param name="program">Name of the program.</param>
    /// <param name="version">Its version.</param>
    /// <param name="date">When it ran.</param>
    /// <param name="flags">The flags of the cells.</param>
    public H5Group Process(string program, string version, string date, H5Dataset flags)
    {
        H5Group process = NexusNodes.Group("NXprocess");
        process["program"] = NexusNodes.Text(program);
        process["version"] = NexusNodes.Text(version);
        process["date"] = NexusNodes.Text(date);
        process["sequence_index"] = Sequence;
        process["order"] = NexusNodes.Text("monitor, transmission, beam, lines, air");
        process["formula"] = NexusNodes.Text("corrected = beam factor * data/intensity / transmission, lines replaced where interpolated, - air");
        process["remark"] = NexusNodes.Text(found.Sentence);
        process["flags"] = flags;
        process["beam"] = Beam();
        process["transmission"] = Transmission();
        process["lines"] = Lines();
        process["air"] = Air();
        process["spottiness"] = Spottiness();
        foreach ((string path, double value) in found.Parameters)
        {
            string[] names = path.Split('/');
            ((H5Group)process[names[0]])[names[1]] = NexusNodes.Scalar(value, NoUnits);
        }

        return process;
    }

    /// <summary>The flags, a byte per cell, [translation, rotation].</summary>
    public H5Dataset Flags()
    {
        H5Dataset flags = NexusNodes.Table(turn([.. found.Flags.Select(f => (byte)f)]), size.Translations, size.Rotations);
        flags.Attributes["description"] = "[translation, rotation]; sum of the flags of a cell";
        flags.Attributes["legend"] = string.Join(", ", Meanings.Select(m => $"{(int)m.Key} {m.Value}"));

        // As the CF conventions (§3.5) have it, so that programs need not read the legend.
        flags.Attributes["flag_masks"] = Meanings.Keys.Select(flag => (byte)flag).ToArray();
        flags.Attributes["flag_meanings"] = string.Join(' ', Meanings.Values);
        return flags;
    }

    private H5Group Beam()
    {
        H5Group group = NexusNodes.Group("NXcollection");
        group["method"] = NexusNodes.Text(found.Options.Beam switch
        {
            BeamCorrection.Monitor => "monitor",
            BeamCorrection.Air => "air",
            BeamCorrection.ConstantTotal => "constant-total",
            _ => "none",
        });
        group["applied"] = found.Options.Beam != BeamCorrection.None && found.BeamRefusal.Length == 0 ? 1 : 0;
        group["refusal"] = NexusNodes.Text(found.BeamRefusal);
        group["cells_without_monitor"] = found.Count(CellFlags.NoMonitor);
        if (found.BeamFactors.Length > 0)
        {
            H5Dataset factor = NexusNodes.Vector(found.BeamFactors, NoUnits);
            factor.Attributes["description"] = "[line in order of time]; the raw intensities are multiplied by it";
            group["factor"] = factor;
        }

        return group;
    }

    private H5Group Transmission()
    {
        H5Group group = NexusNodes.Group("NXcollection");
        group["asked"] = found.Options.Transmission ? 1 : 0;
        group["applied"] = found.IsTransmissionApplied ? 1 : 0;
        group["cells_without_transmission"] = found.Count(CellFlags.NoTransmission);
        return group;
    }

    private H5Group Lines()
    {
        H5Group group = NexusNodes.Group("NXcollection");
        group["method"] = NexusNodes.Text(found.Options.Lines.ToString().ToLowerInvariant());
        group["dead_count"] = found.DeadLines.Length;
        group["hot_count"] = found.HotLines.Length;
        group["interpolated_cells"] = found.Count(CellFlags.Interpolated);
        AddLines("dead", found.DeadLines);
        AddLines("hot", found.HotLines);
        return group;

        void AddLines(string name, int[] lines)
        {
            if (lines.Length > 0)
            {
                H5Dataset list = NexusNodes.Vector(lines);
                list.Attributes["description"] = "rotations, or translations where lines run over rotations, from 0";
                group[name] = list;
            }
        }
    }

    private H5Group Air()
    {
        H5Group group = NexusNodes.Group("NXcollection");
        group["asked"] = found.Options.Air ? 1 : 0;
        group["applied"] = found.Air.Length > 0 ? 1 : 0;
        group["refusal"] = NexusNodes.Text(found.AirRefusal);
        group["cells"] = found.AirCount;
        if (found.AirCount > 0)
        {
            H5Dataset mask = NexusNodes.Table(
                turn([.. found.Flags.Select(f => f.HasFlag(CellFlags.Air) ? (byte)1 : (byte)0)]), size.Translations, size.Rotations);
            mask.Attributes["description"] = "[translation, rotation]; 1 = outside the sample";
            group["mask"] = mask;
        }

        if (found.Air.Length > 0)
        {
            group["intensity"] = NexusNodes.Vector(found.Air, "counts", "air scatter");
            group["intensity_errors"] = NexusNodes.Vector([.. found.AirVariance.Select(v => MathF.Sqrt(v))], "counts", "standard error");
        }

        return group;
    }

    private H5Group Spottiness()
    {
        H5Group group = NexusNodes.Group("NXcollection");
        group["asked"] = found.Options.Spotty ? 1 : 0;
        group["refusal"] = NexusNodes.Text(found.SpottyRefusal);
        group["spotty_cells"] = found.Count(CellFlags.Spotty);
        return group;
    }
}
